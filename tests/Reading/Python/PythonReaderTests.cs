using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Reading.Python;

public sealed class PythonReaderTests
{
    private static ConfigDocument Read(string text) => ConfigReader.Read(new SourceText("train.py", text), ConfigLanguage.Python);

    private static ConfigNode? Value(string expression, string before = "")
    {
        var root = Assert.Single(Read($"{before}\nLoraConfig(x={expression})").Roots);
        return root.Find("x")?.Value;
    }

    // What a value is: its type and content, or a question mark.
    private static string Show(ConfigNode? node)
    {
        if (node is null)
            return "missing";
        if (node.IsSequence)
            return "[" + string.Join(", ", node.Items.Select(Show)) + "]";
        if (node.IsMapping)
            return "{" + string.Join(", ", node.Entries.Where(e => !e.IsOverridden).Select(e => e.Key + ": " + Show(e.Value))) + "}";
        var value = ScalarDialect.Python.Read(node);
        return value.Kind == ConfigValueKind.Unknown ? "?" : value.IsNumber ? FormattableString.Invariant($"{value.Kind} {value.Number}")
            : $"{value.Kind} {value.Text}";
    }

    [Theory]
    [InlineData("16", "Int 16")]
    [InlineData("1_000", "Int 1000")]
    [InlineData("0x10", "Int 16")]
    [InlineData("0O17", "Int 15")]
    [InlineData("0b101", "Int 5")]
    [InlineData("2e-4", "Float 0.0002")]
    [InlineData("1.", "Float 1")]
    [InlineData(".5", "Float 0.5")]
    [InlineData("-1e-3", "Float -0.001")]
    [InlineData("+5", "Int 5")]
    [InlineData("3j", "?")]
    [InlineData("010", "?")]
    [InlineData("1__0", "?")]
    [InlineData("True", "Bool True")]
    [InlineData("None", "Null None")]
    [InlineData("\"2e-4\"", "String 2e-4")]
    [InlineData("'a' \"b\"", "String ab")]
    [InlineData("r'.*\\.q_proj'", "String .*\\.q_proj")]
    [InlineData("'a\\tb\\x41\\u00e9'", "String a\tbAé")]
    [InlineData("'''a\n\"b\"'''", "String a\n\"b\"")]
    [InlineData("f'a{{b}}'", "String a{b}")]
    [InlineData("f'{model}-lora'", "?")]
    [InlineData("f\"{a[\"b\"]}\"", "?")]
    [InlineData("b'a'", "?")]
    [InlineData("torch.bfloat16", "String bfloat16")]
    [InlineData("np.float32", "?")]
    [InlineData("2 * 16", "Int 32")]
    [InlineData("2 ** 4 - 1", "Int 15")]
    [InlineData("-2 ** 2", "Int -4")]
    [InlineData("7 // 2", "Int 3")]
    [InlineData("-7 % 3", "Int 2")]
    [InlineData("32 / 2", "Float 16")]
    [InlineData("(1 + 2) * 3", "Int 9")]
    [InlineData("1 / 0", "?")]
    [InlineData("2 ** 5000", "?")]
    [InlineData("'a' + 'b'", "String ab")]
    [InlineData("['a'] + ['b', 'c']", "[String a, String b, String c]")]
    [InlineData("('a', 'b',)", "[String a, String b]")]
    [InlineData("('a')", "String a")]
    [InlineData("{'a', 'b'}", "[String a, String b]")]
    [InlineData("{'a': 1, 'b': [x, 2]}", "{a: Int 1, b: [?, Int 2]}")]
    [InlineData("{'a': 1, 'a': 2}", "{a: Int 2}")]
    [InlineData("{}", "{}")]
    [InlineData("[]", "[]")]
    [InlineData("[n for n in names]", "?")]
    [InlineData("[*names, 'a']", "?")]
    [InlineData("'a,b'.split(',')", "?")]
    [InlineData("['a', 'b'][0]", "?")]
    [InlineData("8 if big else 4", "?")]
    [InlineData("rank or 8", "?")]
    [InlineData("not True", "?")]
    [InlineData("lambda x: 1", "?")]
    [InlineData("args.r", "?")]
    [InlineData("int('8')", "?")]
    [InlineData("1 < 2", "?")]
    public void Literals_are_read_as_Python_has_them(string expression, string expected) =>
        Assert.Equal(expected, Show(Value(expression)));

    [Theory]
    [InlineData("r = 16", "Int 16")]
    [InlineData("r: int = 16", "Int 16")]
    [InlineData("a = 8\nr = a * 2", "Int 16")]
    [InlineData("r, other = 16, 32", "Int 16")]
    [InlineData("other = r = 16", "Int 16")]
    [InlineData("import os; r = 16", "Int 16")]
    [InlineData("r = 16\nr = 32", "?")]
    [InlineData("r = 16\nr += 1", "?")]
    [InlineData("if small: r = 16", "?")]
    [InlineData("if small:\n    r = 16", "?")]
    [InlineData("for r in [8, 16]: pass", "?")]
    [InlineData("r = 16\nx = [r for r in y]", "?")]
    [InlineData("def f():\n    r = 16", "?")]
    [InlineData("def f():\n    global r\n    r = 8\nr = 16", "?")]
    [InlineData("r = 16\nexec(open('configurator.py').read())", "?")]
    [InlineData("r = 16\nif (r := 8): pass", "?")]
    [InlineData("with open(p) as r: pass", "?")]
    [InlineData("r = input()", "?")]
    [InlineData("r = [1]\nr.append(2)", "?")]
    [InlineData("r = [1]\nr[0] = 2", "?")]
    [InlineData("r = [1]\nr += [2]", "?")]
    [InlineData("r = [1]", "[Int 1]")]
    [InlineData("try:\n    r = 16\nfinally:\n    pass", "Int 16")]
    public void A_name_is_followed_where_it_surely_stands_for_one_value(string before, string expected) =>
        Assert.Equal(expected, Show(Value("r", before)));

    [Fact]
    public void A_parameter_hides_the_name_of_the_module()
    {
        var root = Assert.Single(Read("r = 8\ndef make(r=16):\n    return LoraConfig(r=r)\n").Roots);
        Assert.True(root.Find("r")!.Value.IsUnknown);
    }

    [Fact]
    public void A_name_of_the_module_is_followed_into_a_function()
    {
        var root = Assert.Single(Read("R = 8\ndef make():\n    return LoraConfig(r=R)\n").Roots);
        Assert.Equal("Int 8", Show(root.Find("r")!.Value));
        Assert.True(root.Find("r")!.Value.IsAlias);
    }

    [Theory]
    [InlineData("from peft import LoraConfig as LC\nLC(r=8)")]
    [InlineData("import peft\npeft.LoraConfig(r=8)")]
    [InlineData("import peft as p\np.LoraConfig(r=8)")]
    [InlineData("from peft.tuners.lora import LoraConfig\nLoraConfig(r=8)")]
    [InlineData("from peft import (\n    get_peft_model,  # both\n    LoraConfig,\n)\nLoraConfig(r=8)")]
    [InlineData("from peft import *\nLoraConfig(r=8)")]
    [InlineData("try:\n    from peft import LoraConfig\nexcept ImportError:\n    LoraConfig = None\nLoraConfig(r=8)")]
    [InlineData("@wraps(LoraConfig(r=8))\ndef f(): pass")]
    [InlineData("x = \\\n    LoraConfig(\\\n  r=8)")]
    [InlineData("def f(config=LoraConfig(r=8)) -> Dict[str, int]: return 1")]
    [InlineData("unclosed = (1, 2\nimport peft\npeft.LoraConfig(r=8)")]
    [InlineData("x = {'a': [LoraConfig(r=8)]}")]
    public void A_call_is_found_by_what_its_name_stands_for(string text)
    {
        var root = Assert.Single(Read(text).Roots);
        Assert.Equal("Int 8", Show(root.Find("r")?.Value));
    }

    [Theory]
    [InlineData("from mine import LoraConfig\nLoraConfig(r=8)")]
    [InlineData("from .config import LoraConfig\nLoraConfig(r=8)")]
    [InlineData("class LoraConfig:\n    r = 8\nLoraConfig(r=8)")]
    [InlineData("self.LoraConfig(r=8)")]
    [InlineData("'LoraConfig(r=8)'")]
    [InlineData("# LoraConfig(r=8)")]
    [InlineData("\"\"\"\nLoraConfig(r=8)\n\"\"\"")]
    [InlineData("LoraConfig")]
    [InlineData("LoraConfig(r=8")]
    [InlineData("model.get_peft_model(r=8)")]
    [InlineData("class Mine(LoraConfig): pass")]
    public void What_is_no_call_of_the_library_is_passed_over(string text) => Assert.Empty(Read(text).Roots);

    [Fact]
    public void Keywords_have_their_places()
    {
        const string text = "cfg = LoraConfig(\n    r = 8,  # small\n    target_modules=['q', \"v\"],\n)\n";
        var document = Read(text);
        var root = Assert.Single(document.Roots);
        Assert.Equal("LoraConfig(\n    r = 8,  # small\n    target_modules=['q', \"v\"],\n)", document.Source.Slice(root.Span));
        Assert.Equal(["r", "target_modules"], root.Entries.Select(e => document.Source.Slice(e.KeySpan)));
        Assert.Equal(["8", "['q', \"v\"]"], root.Entries.Select(e => document.Source.Slice(e.Value.Span)));
        Assert.Equal("# small", document.Source.Slice(Assert.Single(document.Comments).Span));
    }

    [Fact]
    public void A_dict_that_is_unpacked_gives_its_entries()
    {
        var root = Assert.Single(Read("d = {'r': 8, 'lora_alpha': x}\nLoraConfig(**d, bias='none')").Roots);
        Assert.Equal(["r", "lora_alpha", "bias"], root.Entries.Select(e => e.Key));
        Assert.True(root.Find("lora_alpha")!.Value.IsUnknown);
        Assert.True(root.Origin!.Calls[0].IsComplete);
        Assert.False(Assert.Single(Read("LoraConfig(**kwargs, r=8)").Roots).Origin!.Calls[0].IsComplete);
    }

    [Theory]
    [InlineData("d = dict(r=8, target_modules=['q'])\nLoraConfig(**d)", "r|target_modules", true)]
    [InlineData("t = ['q']\nd = dict(r=8, target_modules=t,)\nLoraConfig(**d)", "r|target_modules", true)]
    [InlineData("LoraConfig(**dict(r=8), target_modules=['q'])", "r|target_modules", true)]
    [InlineData("d = dict()\nLoraConfig(r=8, target_modules=['q'], **d)", "r|target_modules", true)]
    [InlineData("d = dict([('r', 8)])\nLoraConfig(**d)", "", false)]
    [InlineData("d = dict(r=8, **more)\nLoraConfig(**d)", "", false)]
    [InlineData("d = dict(r=8, r=9)\nLoraConfig(**d)", "", false)]
    [InlineData("d = dict(r=8).copy()\nLoraConfig(**d)", "", false)]
    [InlineData("d = dict(r=8\nLoraConfig(**d)", "", false)]
    [InlineData("def dict(**k): return k\nd = dict(r=8)\nLoraConfig(**d)", "", false)]
    [InlineData("d = dict(r=8)\nd['r'] = 16\nLoraConfig(**d)", "", false)]
    public void A_dict_that_is_called_is_followed(string text, string keys, bool isComplete)
    {
        var root = Read(text).Roots.SingleOrDefault();
        Assert.Equal(keys, string.Join('|', root?.Entries.Select(e => e.Key) ?? []));
        Assert.Equal(isComplete, root is { Origin.Calls: [{ IsComplete: true }, ..] });
        if (!isComplete)
            return;
        Assert.Equal("8", root!.Find("r")!.Value.Text);
        Assert.Equal("q", Assert.Single(root.Find("target_modules")!.Value.Items).Text);
    }

    [Fact]
    public void Long_lists_are_not_copied_into_others_without_end()
    {
        var list = string.Concat(Enumerable.Range(0, 4000).Select(i => $"'m{i}',"));
        var root = Assert.Single(Read($"t = [{list}]\nd = {{'a': t, 'b': t, 'c': t}}\nLoraConfig(**d)").Roots);
        Assert.Equal([4000, 4000, 0], root.Entries.Select(e => e.Value.Items.Count));
        Assert.True(root.Find("c")!.Value.IsUnknown);
    }

    [Fact]
    public void A_member_that_is_set_later_is_not_known()
    {
        var root = Assert.Single(Read("c = LoraConfig(r=8)\nc.r = 16\nc.bias = 'all'\n").Roots);
        Assert.True(root.Find("r")!.Value.IsUnknown);
        Assert.True(root.Find("bias")!.Value.IsUnknown);
    }

    [Fact]
    public void Calls_that_feed_one_run_are_joined()
    {
        var root = Assert.Single(Read("""
            from transformers import AutoModelForCausalLM, BitsAndBytesConfig, TrainingArguments, Trainer
            from peft import LoraConfig, get_peft_model
            bnb = BitsAndBytesConfig(load_in_4bit=True)
            model = AutoModelForCausalLM.from_pretrained("a/b", quantization_config=bnb, use_cache=False)
            model = get_peft_model(model, LoraConfig(r=8))
            trainer = Trainer(model=model, args=TrainingArguments("out", learning_rate=1e-4))
            merged = AutoModelForCausalLM.from_pretrained("a/b")
            """).Roots);
        Assert.Equal(
            ["r", "load_in_4bit", "output_dir", "learning_rate", "pretrained_model_name_or_path", "quantization_config", "use_cache"],
            root.Entries.Select(e => e.Key));
        Assert.Equal("python", root.Origin!.Format);
        Assert.All(root.Origin.Calls, c => Assert.True(c.IsComplete, c.Name));
    }

    [Theory]
    [InlineData("a = TrainingArguments('x', learning_rate=1)\nb = TrainingArguments('y', learning_rate=2)\nLoraConfig(r=8)")]
    [InlineData("if big:\n    a = TrainingArguments('x', learning_rate=1)\nLoraConfig(r=8)")]
    [InlineData("a = TrainingArguments('x', learning_rate=1) if big else None\nLoraConfig(r=8)")]
    [InlineData("a = TrainingArguments('x', learning_rate=1)\nLoraConfig(r=8)\nLoraConfig(r=16)")]
    [InlineData("def f():\n    TrainingArguments('x', learning_rate=1)\ndef g():\n    LoraConfig(r=8)\ndef h():\n    LoraConfig(r=16)")]
    public void Calls_that_may_belong_to_another_run_are_not_joined(string text)
    {
        foreach (var root in Read(text).Roots)
        {
            Assert.Null(root.Find("learning_rate"));
            Assert.False(root.Origin!.Find(CodeCallKind.Arguments)!.IsComplete);
        }
    }

    [Fact]
    public void Of_several_calls_the_one_that_the_trainer_is_given_counts()
    {
        var root = Assert.Single(Read("""
            a = TrainingArguments("x", learning_rate=1e-4)
            b = TrainingArguments("y", learning_rate=2e-4)
            trainer = SFTTrainer(model=model, args=b, peft_config=LoraConfig(r=8))
            """).Roots);
        Assert.Equal("Float 0.0002", Show(root.Find("learning_rate")!.Value));
    }

    [Fact]
    public void Unsloth_has_its_own_format()
    {
        var root = Assert.Single(Read("""
            from unsloth import FastLanguageModel
            model, tokenizer = FastLanguageModel.from_pretrained("unsloth/a", max_seq_length=2048, load_in_4bit=True)
            model = FastLanguageModel.get_peft_model(model, 16, lora_alpha=16)
            model, tokenizer = FastLanguageModel.from_pretrained("out", max_seq_length=64)
            """).Roots);
        Assert.Equal("unsloth", root.Origin!.Format);
        Assert.Equal(["r", "lora_alpha", "model_name", "max_seq_length", "load_in_4bit"], root.Entries.Select(e => e.Key));
        Assert.Equal("Int 2048", Show(root.Find("max_seq_length")!.Value));
    }

    [Theory]
    [InlineData("lora = dict(type=LoraConfig, r=8)")]
    [InlineData("import peft as p\nmodel = dict(llm=dict(lora=dict(type=p.LoraConfig, r=8)))")]
    [InlineData("lora = dict(type=LoraConfig, r=8, target_modules=None, **more)")]
    public void A_dict_that_names_the_type_it_is_made_into_is_that_call(string script)
    {
        var root = Assert.Single(Read(script).Roots);
        Assert.Equal("Int 8", Show(root.Find("r")!.Value));
        Assert.Null(root.Find("type"));
        Assert.Equal("LoraConfig", root.Origin!.Calls[0].Name);
        Assert.Equal(!script.Contains("more", StringComparison.Ordinal), root.Origin.Calls[0].IsComplete);
    }

    // XTuner names modules where none are named: what they are is not PEFT's default.
    [Fact]
    public void The_target_modules_of_such_a_dict_are_unknown_where_none_are_named()
    {
        Assert.True(Assert.Single(Read("lora = dict(type=LoraConfig, r=8)").Roots).Find("target_modules")!.Value.IsUnknown);
        var named = Assert.Single(Read("lora = dict(type=LoraConfig, target_modules=['a'])").Roots).Find("target_modules")!;
        Assert.Equal("[String a]", Show(named.Value));
    }

    [Theory]
    [InlineData("d = dict(type='LoraConfig', r=8)")]
    [InlineData("d = dict(kind=LoraConfig, r=8)")]
    [InlineData("d = dict(type=LoraConfig | None, r=8)")]
    [InlineData("d = dict(type=LoraConfigs, r=8)")]
    [InlineData("d = dict(type=)\nLoraConfig")]
    [InlineData("d = dict(type=LoraConfig")]
    public void Other_dicts_are_none(string script) => Assert.Empty(Read(script).Roots);
}
