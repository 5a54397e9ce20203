using LoraLint.Rules.Configs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>Sound YAML: what the tree holds and where it stands.</summary>
public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("a: 1\nb: two words\n", "{a: 1, b: two words}")]
    [InlineData("a: 'it''s'\nb: \"x\\ty\\u00e9\"\n", "{a: 'it's', b: \"x\tyé\"}")]
    [InlineData("a:\n  b:\n    c: 1\n", "{a: {b: {c: 1}}}")]
    [InlineData("a:\n- 1\n-\n- b: 2\n  c: 3\n", "{a: [1, , {b: 2, c: 3}]}")]
    [InlineData("a: [1, [2, 3], {b: 4}]\n", "{a: [1, [2, 3], {b: 4}]}")]
    [InlineData("a: [b: 1, c]\n", "{a: [{b: 1}, c]}")]
    [InlineData("a: {b: , c, 'd': 1}\n", "{a: {b: , c: , d: 1}}")]
    [InlineData("a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{a: |x\ny\n|, b: |x y|}")]
    [InlineData("a: first\n  second\n\n  third\n", "{a: first second\nthird}")]
    [InlineData("'a b': 1\n? c\n: 2\n? [d, e]\n: 3\n", "{a b: 1, c: 2, [d, e]: 3}")]
    [InlineData("1: a\ntrue: b\n", "{1: a, true: b}")]
    [InlineData("a: 1\n---\nb: 2\n...\n", "{a: 1} --- {b: 2}")]
    [InlineData("%YAML 1.1\n---\na: 1\n", "{a: 1}")]
    [InlineData("- 1\n- 2\n", "[1, 2]")]
    [InlineData("a: x#y # z\nb: http://x/y:z\n", "{a: x#y, b: http://x/y:z}")]
    [InlineData("a: 1\r\nb:\r\n  - 2\r\n", "{a: 1, b: [2]}")]
    [InlineData("a: 1\rb: 2\r", "{a: 1, b: 2}")]
    [InlineData("a: \U0001F600\nb: 1\n", "{a: \U0001F600, b: 1}")]
    [InlineData("", "")]
    [InlineData("\n  \n# only a comment\n", "")]
    public void Sound_yaml_gives_its_tree(string text, string expected)
    {
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Equal(expected, Tree.Show(document));
        Assert.Empty(document.Problems);
    }

    [Theory]
    [InlineData("a: !!float 1e-4\nb: !!str 5\n", "{a: !!float 1e-4, b: !!str 5}")]
    [InlineData("a: ! 5\nb: !<tag:yaml.org,2002:int> 5\n", "{a: ! 5, b: !!int 5}")]
    [InlineData("a: !ENV NAME\nb: !secret x\n", "{a: !ENV NAME?, b: !secret x?}")]
    [InlineData("a: !!python/tuple [1, 2]\nb: !!null\n", "{a: !!python/tuple [1, 2], b: !!null }")]
    public void Tags_are_kept_and_content_of_unknown_ones_is_unknown(string text, string expected)
    {
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Equal(expected, Tree.Show(document));
        Assert.Empty(document.Problems);
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x\n", "{a: 1, b: *1}")]
    [InlineData("a: &x {b: 1}\nc: [*x, *x]\n", "{a: {b: 1}, c: [*{b: 1}, *{b: 1}]}")]
    [InlineData("base: &x {r: 8, alpha: 16}\nlora:\n  <<: *x\n  r: 4\n", "{base: {r: 8, alpha: 16}, lora: {r: 4, <alpha: 16}}")]
    [InlineData("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  d: 3\n",
        "{x: {a: 1, b: 1}, y: {b: 2, c: 2}, z: {d: 3, <a: 1, <b: 1, <c: 2}}")]
    [InlineData("x: &x {a: 1}\ny: &y {<<: *x, b: 2}\nz: {<<: *y}\n", "{x: {a: 1}, y: {b: 2, <a: 1}, z: {<b: 2, <a: 1}}")]
    [InlineData("x: {<<: {a: 1}, a: 2}\n", "{x: {a: 2}}")]
    [InlineData("x: {'<<': {a: 1}}\n", "{x: {<<: {a: 1}}}")]
    [InlineData("<<: ${base}\na: 1\n", "{<<: ${base}?, a: 1}")]
    public void Aliases_and_merge_keys_are_followed(string text, string expected)
    {
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Equal(expected, Tree.Show(document));
        Assert.Empty(document.Problems);
    }

    [Fact]
    public void An_alias_stands_where_it_is_written_and_its_content_where_the_anchor_is()
    {
        var document = Tree.Read("a: &x {b: 1}\nc: *x\n", ConfigLanguage.Yaml);
        var alias = document.Roots[0].Find("c")!.Value;
        Assert.Equal("*x", document.Source.Slice(alias.Span));
        Assert.Equal("1", document.Source.Slice(alias.Find("b")!.Value.Span));
        Assert.Equal(8, alias.Find("b")!.KeySpan.Start - 0 + 1);
    }

    [Fact]
    public void Duplicate_keys_are_all_kept_and_the_last_one_counts()
    {
        var document = Tree.Read("a: 1\nb: 2\na: 3\n'a': 4\n", ConfigLanguage.Yaml);
        Assert.Equal("{-a: 1, b: 2, -a: 3, a: '4'}".Replace("'4'", "4"), Tree.Show(document));
        Assert.Equal("4", document.Roots[0].Find("a")!.Value.Text);
    }

    [Theory]
    [InlineData("a: 'x' # c\n", "a", "'x'")]
    [InlineData("a: \"x\\n\"\n", "a", "\"x\\n\"")]
    [InlineData("a:   plain text   # c\n", "a", "plain text")]
    [InlineData("a: &x !!str  value\n", "a", "value")]
    [InlineData("a: !!null\nb: 1\n", "a", "!!null")]
    [InlineData("a: [1, 2 ] # c\n", "a", "[1, 2 ]")]
    [InlineData("a: &x {b: 1}\n", "a", "{b: 1}")]
    [InlineData("a:\n  b: 1\n  c: 2   # c\n\n# d\nz: 1\n", "a", "b: 1\n  c: 2")]
    [InlineData("a:\n- 1\n- 2\n\nz: 1\n", "a", "- 1\n- 2")]
    [InlineData("a:\n  - b: 1\n    c:\n\nz: 1\n", "a", "- b: 1\n    c:")]
    [InlineData("a: |  # c\n  x\n\n  y\n\n\nz: 1\n", "a", "|  # c\n  x\n\n  y")]
    [InlineData("a: &x\n  b: 1\nz: 1\n", "a", "b: 1")]
    [InlineData("a:\n  x\n  y\nz: 1\n", "a", "x\n  y")]
    [InlineData("a: [b: 1, c]\n", "a", "[b: 1, c]")]
    [InlineData("a: []\nb: 1\n", "a", "[]")]
    [InlineData("\U0001F600: x\na: 1\n", "a", "1")]
    public void The_span_of_a_value_is_what_was_written_for_it(string text, string key, string expected)
    {
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Equal(expected, document.Source.Slice(document.Roots[0].Find(key)!.Value.Span));
    }

    [Theory]
    [InlineData("a:\nb: 1\n", 2)]
    [InlineData("a:   # c\nb: 1\n", 2)]
    [InlineData("a:", 2)]
    [InlineData("{b: 1, a: , c: 2}\n", 9)]
    [InlineData("{b: 1, a}\n", 8)]
    public void A_value_left_blank_stands_right_behind_its_colon(string text, int expected)
    {
        var value = Tree.Read(text, ConfigLanguage.Yaml).Roots[0].Find("a")!.Value;
        Assert.True(value.IsBlank);
        Assert.Equal(expected, value.Span.Start);
        Assert.Equal(0, value.Span.Length);
    }

    [Fact]
    public void The_root_runs_from_the_first_key_to_the_end_of_the_last_value()
    {
        var document = Tree.Read("# c\n\na: 1\nb:\n  - 2  # d\n\n# e\n", ConfigLanguage.Yaml);
        Assert.Equal("a: 1\nb:\n  - 2", document.Source.Slice(document.Roots[0].Span));
    }

    [Fact]
    public void Keys_are_where_they_are_written_quotes_included()
    {
        var document = Tree.Read("'a b' : 1\n? c\n: 2\n", ConfigLanguage.Yaml);
        Assert.Equal(["'a b'", "c"], document.Roots[0].Entries.Select(e => document.Source.Slice(e.KeySpan)));
    }

    [Fact]
    public void All_comments_are_found_wherever_they_stand()
    {
        var text = "# one\na: &x 1 # two\nb: # three\n  - 2\n  # four\n  - [3, # five\n     4]# six\n"
            + "c: |  # seven\n  # text\nd: 'x # text'\n# eight";
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Empty(document.Problems);
        Assert.Equal(["one", "two", "three", "four", "five", "six", "seven", "eight"], document.Comments.Select(c => c.Text));
        Assert.All(document.Comments, c => Assert.StartsWith("#", document.Source.Slice(c.Span), StringComparison.Ordinal));
    }

    // YamlDotNet refuses each of these; Python's YAML, which decides whether a framework gets its config, does not.
    [Theory]
    [InlineData("a: [\nq, v,\nk\n]\nb: 1\n", "{a: [q, v, k], b: 1}")]
    [InlineData("a:\n  b: [x, # c\ny]\nc: 1\n", "{a: {b: [x, y]}, c: 1}")]
    [InlineData("a:\n  b: {x: 1,\ny: 2}\nc: 1\n", "{a: {b: {x: 1, y: 2}}, c: 1}")]
    [InlineData("a:\n  b: [x,\n\n# c\ny]\nc: 1\n", "{a: {b: [x, y]}, c: 1}")]
    [InlineData("a:\n  b: \"one\ntwo\"\nc: 1\n", "{a: {b: \"one two\"}, c: 1}")]
    [InlineData("a: [1,# c\n 2]# d\nb: \"x\"# e\n", "{a: [1, 2], b: \"x\"}")]
    [InlineData("a: &x 1 # c\nb: 2\n", "{a: 1, b: 2}")]
    public void What_python_takes_is_no_error(string text, string expected)
    {
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Equal(expected, Tree.Show(document));
        Assert.Empty(document.Problems);
    }

    [Fact]
    public void Comments_in_lines_that_were_joined_are_kept()
    {
        var document = Tree.Read("a:\n  b: [x, # one\ny] # two\nc: 1\n", ConfigLanguage.Yaml);
        Assert.Equal(["one", "two"], document.Comments.Select(c => c.Text));
    }
}
