using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Reading.Shell;

public sealed class DottedSettingsTests
{
    private const string Verl = "python3 -m verl.trainer.main_ppo actor_rollout_ref.model.lora_rank=64 ";
    private const string Tune = "tune run lora_finetune_single_device --config llama3_1/8B_lora_single_device ";

    private static ConfigDocument Read(string text) => ConfigReader.Read(new SourceText("run.sh", text), ConfigLanguage.Shell);

    private static string Show(ConfigNode? node) => node is null ? "missing" : node.IsUnknown ? "?"
        : node.IsSequence ? "[" + string.Join("|", node.Items.Select(Show)) + "]" : node.Text;

    [Theory]
    [InlineData("model.x=16", "16")]
    [InlineData("+model.x=16", "16")]
    [InlineData("++model.x=16", "16")]
    [InlineData("'model.x=a b'", "a b")]
    [InlineData("model.x='a b'", "a b")]
    [InlineData("model.x=a=b", "a=b")]
    [InlineData("model.x=", "")]
    [InlineData("model.x=1 model.x=2", "2")]
    [InlineData("model.x=1 model.y=3 model.x=2", "2")]
    [InlineData("\"model.x=[a,b]\"", "[a|b]")]
    [InlineData("model.x=[a,'b',\\\"c\\\"]", "[a|b|c]")]
    [InlineData("'model.x=[a, b ,]'", "[a|b]")]
    [InlineData("model.x=[]", "[]")]
    [InlineData("model.x=[[a],b]", "?")]
    [InlineData("model.x={a:1}", "?")]
    [InlineData("model.x=$HOME/a", "?")]
    [InlineData("model.x=$(nproc)", "?")]
    [InlineData("model.x=$Y", "8")]
    public void Values_are_read_as_Hydra_reads_them(string words, string expected) =>
        Assert.Equal(expected, Show(Assert.Single(Read("Y=8\n" + Verl + words).Roots).FindPath("model.x")?.Value));

    [Theory]
    [InlineData(Verl, "verl", true)]
    [InlineData(Verl + "$@", "verl", true)]
    [InlineData(Verl + "\"$@\"", "verl", true)]
    [InlineData(Verl + "${@:1}", "verl", true)]
    [InlineData(Verl + "data.train_files=$HOME/data", "verl", true)]
    [InlineData(Verl + "$EXTRA", "verl", false)]
    [InlineData(Verl + "--config-path=conf --config-name mine", "verl", false)]
    [InlineData("torchrun --standalone --nproc_per_node=2 -m verl.trainer.fsdp_sft_trainer model.lora_rank=8", "verl", true)]
    [InlineData("python3 -m verl.trainer.main config=a.yaml worker.actor.model.lora.rank=8", "verl", false)]
    [InlineData("python3 -m recipe.dapo.main_dapo actor_rollout_ref.model.lora_rank=8", "verl", false)]
    [InlineData(Tune + "model.lora_rank=8", "torchtune", false)]
    public void The_rest_is_known_of_programs_that_bring_it(string command, string format, bool isComplete)
    {
        var origin = Assert.Single(Read(command).Roots).Origin!;
        Assert.Equal((format, isComplete), (origin.Format, origin.KnowsDefaultOf("model.lora_alpha")));
        Assert.Equal(!isComplete, origin.IsAddition);
    }

    [Theory]
    [InlineData("python3 -m verl.trainer.main_ppo # lora")]
    [InlineData("python3 -m verl.trainer.main_ppo $LORA_ARGS")]
    [InlineData("python3 -m other.trainer model.lora_rank=8")]
    [InlineData("python3 -m verl.trainer.main_ppo .lora=8 lora..rank=8 lora.=8 =lora")]
    [InlineData("tune run full_finetune_single_device --config lora model.x=8")]
    [InlineData("tune run lora_finetune_single_device --config mine.yaml")]
    [InlineData("tune download lora --config a b.c=1")]
    [InlineData("echo -m verl.trainer.main_ppo actor_rollout_ref.model.lora_rank=8")]
    public void Other_commands_are_none(string command) => Assert.Empty(Read(command).Roots);

    [Theory]
    [InlineData("actor.optim.lr=1e-6", "actor", "optim", "lr", "1e-6")]
    [InlineData("+actor.optim.lr=1e-6", "actor", "optim", "lr", "1e-6")]
    [InlineData("'actor.optim.lr=1e-6'", "actor", "optim", "lr", "1e-6")]
    [InlineData("actor.optim.lr=\"1e-6\"", "actor", "optim", "lr", "\"1e-6\"")]
    public void Parts_of_paths_and_values_have_their_places(string word, params string[] places)
    {
        var document = Read(Verl + "\\\n  " + word + " \\\n");
        var root = Assert.Single(document.Roots);
        var entries = new[] { "actor", "actor.optim", "actor.optim.lr" }.Select(p => root.FindPath(p)!).ToList();
        List<string> found = [.. entries.Select(e => document.Source.Slice(e.KeySpan)), document.Source.Slice(entries[2].Value.Span)];
        Assert.Equal(places, found);
    }

    [Theory]
    [InlineData("a.b.x=1", "a.b.x=2", "a.b.x=1 a.b.new=7", "a.b.other=1", "")]
    [InlineData("'+a.b.x=1'", "'+a.b.x=2'", "'+a.b.x=1' '+a.b.new=7'", "'+a.b.other=1'", "")]
    public void Edits_change_one_word(string word, string replaced, string inserted, string renamed, string removed)
    {
        var document = Read(Verl + word + " \\\n  c=1");
        var entry = Assert.Single(document.Roots).FindPath("a.b.x")!;
        var edit = new ConfigEditor(document, ScalarDialect.PyYaml);
        string After(TextEdit change) => document.Source.Text.Remove(change.Span.Start, change.Span.Length)
            .Insert(change.Span.Start, change.NewText)[(Verl.Length - 1)..].Replace(" \\\n  c=1", "", StringComparison.Ordinal).Trim();
        Assert.Equal(replaced, After(edit.Replace(entry, "2")));
        Assert.Equal(inserted, After(edit.InsertAfter(entry, "new", "7")));
        Assert.Equal(renamed, After(edit.Rename(entry, "other")));
        Assert.Equal(removed, After(edit.Remove(entry)));
    }

    [Theory]
    [InlineData("a.b.x=[p,q,r]", "a.b.x=[p,s,t,r]", "a.b.x=[p,r]")]
    [InlineData("'a.b.x=[p, q, r]'", "'a.b.x=[p, s,t, r]'", "'a.b.x=[p, r]'")]
    public void Items_of_a_list_are_edited_within_the_word(string word, string replaced, string removed)
    {
        var document = Read(Verl + word);
        var list = Assert.Single(document.Roots).FindPath("a.b.x")!.Value;
        var edit = new ConfigEditor(document, ScalarDialect.PyYaml);
        string After(TextEdit change) => document.Source.Text.Remove(change.Span.Start, change.Span.Length)
            .Insert(change.Span.Start, change.NewText)[Verl.Length..];
        Assert.Equal(replaced, After(edit.ReplaceItem(list, list.Items[1], ["s", "t"])));
        Assert.Equal(removed, After(edit.RemoveItem(list, list.Items[1])));
    }

    [Fact]
    public void A_setting_over_a_files_settings_is_inserted_as_a_pair()
    {
        var document = Read("llamafactory-cli train lora.yaml lora_rank=8 lora_target=q_proj");
        var entry = Assert.Single(document.Roots).Find("lora_rank")!;
        var change = new ConfigEditor(document, ScalarDialect.PyYaml).InsertAfter(entry, "lora_alpha", "16");
        Assert.Equal(" lora_alpha=16", change.NewText);
        Assert.Equal("lora_rank=8", document.Source.Text[..change.Span.Start].Split(' ')[^1]);
    }
}
