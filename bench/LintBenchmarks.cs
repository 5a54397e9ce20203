using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Running;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

switch (args)
{
    case ["--training", ..]:
        return LoraLint.Benchmarks.TrainingStep.Run(args[1..]);
    case ["--kernels", ..]:
        LoraLint.Benchmarks.KernelSpeed.Run(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1);
        return 0;
    case ["--rank-task", ..]:
        return LoraLint.Benchmarks.RankTask.Run(args[1..]);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(LoraLint.Benchmarks.LintBenchmarks).Assembly).Run(args);
        return 0;
}

namespace LoraLint.Benchmarks
{
    /// <summary>What a file costs inside the process: reading it, and reading and checking it; one file and a thousand.</summary>
    [MemoryDiagnoser]
    public class LintBenchmarks
    {
        private string _text = "";

        [GlobalSetup]
        public void Load()
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "LoraLint.sln")))
                folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("run this inside the checkout");
            _text = File.ReadAllText(Path.Combine(folder, "bench", "config-60-lines.yml"));
        }

        [Benchmark]
        public ConfigDocument ReadOneFile() => ConfigReader.Read(new SourceText("train.yml", _text), ConfigLanguage.Yaml);

        [Benchmark(Baseline = true)]
        public LintResult CheckOneFile() => Linter.Check(ReadOneFile(), LintOptions.Default, NoCompanionFiles.Instance);

        [Benchmark]
        public void CheckThousandFilesInParallel() => Parallel.For(0, 1000, _ => CheckOneFile());
    }
}
