using LoraLint.Rules.Configs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>Values that something fills in later are of unknown content: never an error, never guessed.</summary>
public sealed class YamlTemplateTests
{
    [Theory]
    [InlineData("a: ${hf_model}\nb: outputs/${name}\nc: '${x}'\n", "{a: ${hf_model}?, b: outputs/${name}?, c: '${x}'?}")]
    [InlineData("a: ${oc.env:HOME,x}\nb: ${{ inputs.model }}\n", "{a: ${oc.env:HOME,x}?, b: ${{ inputs.model }}?}")]
    [InlineData("a: $HOME\nb: $HOME/models\nc: $(nproc)\n", "{a: $HOME?, b: $HOME/models?, c: $(nproc)?}")]
    [InlineData("a: costs $5\nb: $5\nc: '$HOME'\nd: $\n", "{a: costs $5, b: $5, c: '$HOME', d: $}")]
    [InlineData("a: <MODEL>\nb: </s>\n", "{a: <MODEL>, b: </s>}")]
    public void Interpolations_are_unknown_and_lookalikes_are_text(string text, string expected)
    {
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Equal(expected, Tree.Show(document));
        Assert.Empty(document.Problems);
    }

    [Theory]
    [InlineData("a: {{ rank }}\nb: 1\n", "{a: {{ rank }}?, b: 1}")]
    [InlineData("a: run-{{ name }}-x\n", "{a: run-{{ name }}-x?}")]
    [InlineData("a: [{{ x }}, b]\nc: {d: {{ y }}}\n", "{a: [{{ x }}?, b], c: {d: {{ y }}?}}")]
    [InlineData("a: {{ x |\n  default(1) }}\nb: {{- y -}}\nc: {{hf_model}}-{{ z }}\n",
        "{a: {{ x |\n  default(1) }}?, b: {{- y -}}?, c: {{hf_model}}-{{ z }}?}")]
    [InlineData("{%- if x -%}\r\na: 1\r\n{%- endif -%}\r\nb: 2\r\n", "{a: 1, b: 2}")]
    [InlineData("a: !!float {{ x }}\nb: &b {{ y }}\nc: *b\n", "{a: !!float {{ x }}?, b: {{ y }}?, c: *{{ y }}?}")]
    [InlineData("{{ key }}: 1\nb: 2\n", "{{{ key }}: 1, b: 2}")]
    [InlineData("a:\n  {{ value }}\nb: 1\n", "{a: {{ value }}?, b: 1}")]
    [InlineData("a:\n  - {{ x | default('q: r') }}\n", "{a: [{{ x | default('q: r') }}?]}")]
    [InlineData("a: \"{{ x[\"k\"] }}\"\nb: 1\n", "{a: \"{{ x[\"k\"] }}\"?, b: 1}")]
    [InlineData("a: \"{{ bos }}{% for m in ms %}\"\nb: 1\n", "{a: \"{{ bos }}{% for m in ms %}\"?, b: 1}")]
    [InlineData("a: |\n  {{ bos }}\n  {% for m in ms %}\nb: 1\n", "{a: |{{ bos }}\n{% for m in ms %}\n|?, b: 1}")]
    [InlineData("a: 1 # {{ x }}\n# {% if y %}\nb: 2\n", "{a: 1, b: 2}")]
    [InlineData("{{ include_head() }}\na: 1\n{# note #}\nb: 2\n", "{a: 1, b: 2}")]
    [InlineData("a: {% if x %}1{% else %}2{% endif %}\nb: 1\n", "{a: {% if x %}1{% else %}2{% endif %}?, b: 1}")]
    [InlineData("a: 1\n{%- for m in\n   modules %}\n{%- endfor %}\nb: 2\n", "{a: 1, b: 2}")]
    [InlineData("a: 'it' # isn't {{ x }}\nb: don't {{ y }}\n", "{a: 'it', b: don't {{ y }}?}")]
    public void Jinja_is_read_around(string text, string expected)
    {
        var document = Tree.Read(text, ConfigLanguage.Yaml);
        Assert.Equal(expected, Tree.Show(document));
        Assert.Empty(document.Problems);
    }

    [Fact]
    public void The_span_of_an_expression_is_all_of_the_value()
    {
        var document = Tree.Read("a: x-{{ b }}-y # c\n", ConfigLanguage.Yaml);
        Assert.Equal("x-{{ b }}-y", document.Source.Slice(document.Roots[0].Entries[0].Value.Span));
    }

    [Fact]
    public void A_key_in_two_branches_is_no_duplicate_and_its_value_is_unknown()
    {
        var document = Tree.Read("{% if big %}\nr: 64\n{% else %}\nr: 8\n{% endif %}\nalpha: 16\n", ConfigLanguage.Yaml);
        Assert.Equal("{r: 64?, r: 8?, alpha: 16}", Tree.Show(document));
        Assert.Empty(document.Problems);
    }

    [Fact]
    public void Comments_of_a_template_that_stand_in_values_leave_the_value()
    {
        var document = Tree.Read("a: 1 {# why #}\nb: 2\n", ConfigLanguage.Yaml);
        Assert.Equal("{a: 1, b: 2}", Tree.Show(document));
    }
}
