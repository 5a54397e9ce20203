using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Knowledge;

public sealed class KeyDescriptionsTests
{
    [Fact]
    public void Dump()
    {
        var all = new Dictionary<string, SortedSet<string>>();
        var texts = RuleCatalog.Infos.SelectMany(r => { var p = RulePage.Load(r); return p.Examples.Select(e => (e.Path, e.Text, e.Options, p.Files)); })
            .Concat(Directory.EnumerateFiles(Repository.Corpus!, "*", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Repository.PathTo("tests/golden"), "*", SearchOption.AllDirectories)).Where(f => ConfigReader.LanguageOf(f) is not null && !f.Contains("python-calls")).Select(f => (Path.GetFileName(f), File.ReadAllText(f), LintOptions.Default with { Profile = Profile.Strict, DatasetRows = f.Length % 2 == 0 ? 100 : 200000 }, (ICompanionFiles)NoCompanionFiles.Instance)));
        foreach (var (path, text, options, files) in texts)
        {
            var language = ConfigReader.LanguageOf(path);
            var result = Linter.Check(ConfigReader.Read(new SourceText(path, text), language ?? LoraLint.Rules.Configs.ConfigLanguage.Yaml), options, files);
            foreach (var config in result.Configs)
                foreach (var f in result.Findings)
                {
                    var key = WrittenKey.AllOf(config).Where(k => k.Info is not null && k.Entry.Span.Start <= f.Span.Start && f.Span.End <= k.Entry.Span.End).OrderBy(k => k.Entry.Span.Length).FirstOrDefault();
                    if (key is null) continue;
                    var id = config.Format.Name + ":" + key.Info!.Path;
                    if (!all.TryGetValue(id, out var s)) all[id] = s = [];
                    s.Add(f.Rule.Name);
                }
        }
        File.WriteAllLines("/tmp/watched.txt", all.OrderBy(a => a.Key).Select(a => a.Key + " " + string.Join(" ", a.Value)));
    }
}
