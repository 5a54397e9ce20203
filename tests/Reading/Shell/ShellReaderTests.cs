using FsCheck;
using FsCheck.Fluent;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Reading.Shell;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading.Shell;

public sealed class ShellReaderTests
{
    private const string Start = "swift sft --train_type lora ";

    private static ConfigDocument Read(string text) => ConfigReader.Read(new SourceText("run.sh", text), ConfigLanguage.Shell);

    private static string Show(ConfigNode? node) => node is null ? "missing" : node.IsUnknown ? "?"
        : node.IsSequence ? "[" + string.Join("|", node.Items.Select(Show)) + "]" : node.Text;

    [Theory]
    [InlineData("--x 16", "16")]
    [InlineData("--x=16", "16")]
    [InlineData("--x 'a b'", "a b")]
    [InlineData("--x \"a b\"", "a b")]
    [InlineData("--x a\\ b", "a b")]
    [InlineData("--x \\\n  16", "16")]
    [InlineData("--x \\\r\n  16", "16")]
    [InlineData("--x", "true")]
    [InlineData("--x --y 1", "true")]
    [InlineData("--x a b c", "[a|b|c]")]
    [InlineData("--x -1", "-1")]
    [InlineData("--x 1 --x 2", "2")]
    [InlineData("--x 1 # note", "1")]
    [InlineData("--x 1 > log 2>&1", "1")]
    [InlineData("--x 1 | tee log", "1")]
    [InlineData("--x 1 && echo done", "1")]
    [InlineData("--x $(nproc)", "?")]
    [InlineData("--x `nproc`", "?")]
    [InlineData("--x $1", "?")]
    [InlineData("--x ${Y:-8}", "?")]
    [InlineData("--x \"$Y\"", "?")]
    [InlineData("--x '$Y'", "$Y")]
    [InlineData("--x *.json", "?")]
    public void Flags_are_read_as_the_program_gets_them(string flags, string expected) =>
        Assert.Equal(expected, Show(Assert.Single(Read(Start + flags).Roots).Find("x")?.Value));

    [Theory]
    [InlineData("Y=8", "8")]
    [InlineData("export Y=8", "8")]
    [InlineData("A=4\nY=${A}2", "42")]
    [InlineData("Y='8'", "8")]
    [InlineData("Y=8\nY=16", "?")]
    [InlineData("Y=8\nY+=1", "?")]
    [InlineData("Y=$1", "?")]
    [InlineData("if [ -z \"$1\" ]; then\n  Y=8\nfi", "?")]
    [InlineData("for Y in 8 16; do echo; done", "?")]
    [InlineData("read Y", "?")]
    [InlineData("Y=8 echo", "?")]
    public void A_variable_is_followed_where_it_surely_has_one_value(string before, string expected)
    {
        var value = Assert.Single(Read($"{before}\n{Start}--x $Y").Roots).Find("x")!.Value;
        Assert.Equal(expected, Show(value));
        Assert.Equal(expected != "?", value.IsAlias);
    }

    [Theory]
    [InlineData("llamafactory-cli train --lora_rank 8", "llama-factory")]
    [InlineData("CUDA_VISIBLE_DEVICES=0,1 NPROC=2 swift sft --lora_rank 8", "ms-swift")]
    [InlineData("trl sft --lora_r 8", "trl")]
    [InlineData("/opt/bin/trl dpo --lora_r 8", "trl")]
    [InlineData("torchrun --nproc_per_node 2 src/train.py --stage sft --model_name_or_path a/b --finetuning_type lora --template llama3 "
        + "--dataset x --lora_target all --output_dir o", "llama-factory")]
    [InlineData("accelerate launch --config_file c.yaml sft.py --model_name_or_path a/b --use_peft --lora_r 8 --dataset_name x", "trl")]
    public void A_command_is_known_by_its_program_or_flags(string command, string format) =>
        Assert.Equal(format, Assert.Single(Read(command).Roots).Origin!.Format);

    [Theory]
    [InlineData("llamafactory-cli train lora.yaml lora_rank=8 learning_rate=1e-4", "llama-factory", "lora_rank|learning_rate")]
    [InlineData("axolotl train lora.yml --lora-r 8 --learning-rate=1e-4 --launcher torchrun", "axolotl", "lora_r|learning_rate")]
    public void Settings_over_those_of_a_file_are_all_that_is_known(string command, string format, string keys)
    {
        var root = Assert.Single(Read(command).Roots);
        Assert.Equal(format, root.Origin!.Format);
        Assert.True(root.Origin.IsAddition);
        Assert.False(root.Origin.KnowsDefaultOf("lora_alpha"));
        Assert.Equal(keys.Split('|'), root.Entries.Select(e => e.Key));
    }

    [Theory]
    [InlineData("echo swift sft --lora_rank 8")]
    [InlineData("# swift sft --lora_rank 8")]
    [InlineData("cat << EOF\nswift sft --lora_rank 8\nEOF")]
    [InlineData("llamafactory-cli train lora.yaml")]
    [InlineData("llamafactory-cli train lora.yaml $ARGS")]
    [InlineData("llamafactory-cli train lora.yaml lora_rank=8 $ARGS")]
    [InlineData("trl sft --config lora.yaml --lora_r 8")]
    [InlineData("swift sft --lora_rank 8 $EXTRA")]
    [InlineData("swift sft --lora_rank 8 \"$@\"")]
    [InlineData("swift sft --lora_rank 8 \"${ARGS[@]}\"")]
    [InlineData("swift infer --adapters lora")]
    [InlineData("python train.py --lora_rank 8")]
    [InlineData("axolotl train lora.yml")]
    [InlineData("axolotl train lora.yml --launcher torchrun")]
    [InlineData("axolotl train lora.yml --lora-r 8 $ARGS")]
    public void A_command_that_is_not_known_in_full_is_passed_over(string command) => Assert.Empty(Read(command).Roots);

    [Fact]
    public void Flags_and_values_have_their_places()
    {
        const string text = Start + "--lora_rank=8 --target_modules 'q_proj' v_proj\n";
        var document = Read(text);
        var entries = Assert.Single(document.Roots).Entries;
        Assert.Equal(["--train_type", "--lora_rank", "--target_modules"], entries.Select(e => document.Source.Slice(e.KeySpan)));
        Assert.Equal(["lora", "8", "'q_proj' v_proj"], entries.Select(e => document.Source.Slice(e.Value.Span)));
    }

    [Fact]
    public void Any_script_under_an_editors_keystrokes_is_read()
    {
        const string script = "A=8\nB='xy'\nexport C=\"$A${B}\"\nfor i in 1 2; do\n" + Start
            + "--lora_rank $A \\\n --target_modules a 'b' \"c$C\" --x=$(echo `date`) # end\ndone <<EOF\nlora\nEOF\n";
        Assert.NotEmpty(Read(script).Roots);
        Check.One(Properties.Runs(500), Prop.ForAll(Mutation.Any().ListOf().ToArbitrary(), mutations =>
        {
            var text = "# lora\n" + mutations.Take(20).Aggregate(script, (t, mutate) => mutate(t));
            foreach (var entry in ShellReader.Read(new SourceText("a.sh", text)).Roots.SelectMany(r => r.Entries))
                Assert.InRange(entry.Value.Span.End, entry.Value.Span.Start, text.Length);
        }));
    }

    // Each would take minutes were time not linear.
    [Theory]
    [InlineData("$(")]
    [InlineData("${")]
    [InlineData("\"$a")]
    [InlineData("`")]
    [InlineData("<< a\n")]
    [InlineData("a=$a;")]
    [InlineData("'")]
    [InlineData("\\")]
    [InlineData("--a ")]
    public void A_long_line_of_one_part_is_read(string part) => Assert.NotNull(
        ShellReader.Read(new SourceText("a.sh", "lora swift sft --x " + string.Concat(Enumerable.Repeat(part, 500_000 / part.Length)))));
}
