using LoraLint.Advisor.Advice.Suggesting;
using LoraLint.Rules.Knowledge.Guidance;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LoraLint.Tests.Advice.Suggesting;

public sealed class InterviewTests
{
    private static readonly Interview.Known s_nothing = new(null, null, null, null, null);

    [Fact]
    public void What_options_did_not_tell_is_asked()
    {
        var console = new TypedConsole("meta-llama/Llama-3.1-8B\r", "vv\r", "rows.jsonl\r", "4090\r", "vv\r");
        var answers = new Answers("meta-llama/Llama-3.1-8B", AdvisedTask.Classification, "rows.jsonl", "4090", "trl");
        Assert.Equal(answers, Interview.Ask(console, s_nothing));
    }

    [Fact]
    public void What_options_told_is_not_asked()
    {
        var known = new Interview.Known("a/b", AdvisedTask.Style, "rows.jsonl", "t4", "peft");
        Assert.Equal(new Answers("a/b", AdvisedTask.Style, "rows.jsonl", "t4", "peft"), Interview.Ask(new TypedConsole(), known));
    }

    [Fact]
    public void An_empty_answer_means_none_and_a_card_that_is_not_known_is_asked_for_again()
    {
        var console = new TypedConsole("a/b\r", "\r", "\r", "voodoo\r", "24GB\r", "\r");
        Assert.Equal(new Answers("a/b", AdvisedTask.Instructions, null, "24GB", "axolotl"), Interview.Ask(console, s_nothing));
        Assert.Contains("its memory will do", console.Shown, StringComparison.Ordinal);
    }

    /// <summary>A console on which somebody types: v stands for the arrow downwards, a line break for the enter key.</summary>
    private sealed class TypedConsole : IAnsiConsole, IAnsiConsoleInput
    {
        private readonly StringWriter _shown = new();
        private readonly IAnsiConsole _console;
        private readonly Queue<ConsoleKeyInfo> _keys;

        public TypedConsole(params string[] answers)
        {
            _keys = new(answers.SelectMany(a => a.All(c => c is 'v' or '\r') ? a.Select(Key) : a.Select(Letter)));
            _console = AnsiConsole.Create(new AnsiConsoleSettings
            {
                Interactive = InteractionSupport.Yes, Ansi = AnsiSupport.Yes, Out = new AnsiConsoleOutput(_shown),
            });
        }

        public string Shown => _shown.ToString();

        public Profile Profile => _console.Profile;

        public IAnsiConsoleCursor Cursor => _console.Cursor;

        public IAnsiConsoleInput Input => this;

        public IExclusivityMode ExclusivityMode => _console.ExclusivityMode;

        public RenderPipeline Pipeline => _console.Pipeline;

        public void Clear(bool home) => _console.Clear(home);

        public void Write(IRenderable renderable) => _console.Write(renderable);

        public bool IsKeyAvailable() => _keys.Count > 0;

        public ConsoleKeyInfo? ReadKey(bool intercept) => _keys.Dequeue();

        public Task<ConsoleKeyInfo?> ReadKeyAsync(bool intercept, CancellationToken cancellationToken) =>
            Task.FromResult(ReadKey(intercept));

        private static ConsoleKeyInfo Key(char c) =>
            c == 'v' ? new ConsoleKeyInfo('\0', ConsoleKey.DownArrow, false, false, false) : Letter(c);

        private static ConsoleKeyInfo Letter(char c) =>
            new(c, c == '\r' ? ConsoleKey.Enter : ConsoleKey.NoName, false, false, false);
    }
}
