using System.CommandLine;
using LoraLint.Advisor.Lsp;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint lsp</c>: the language server, for editors.</summary>
internal static class LspCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        // Clients that know several ways to talk to a server name the one they take.
        var stdio = new Option<bool>("--stdio") { Description = "Talk over standard input and output, which is the only way there is." };
        var command = new Command("lsp", "Serve an editor: the Language Server Protocol over standard input and output.") { stdio };
        command.SetAction(_ => new LanguageServer(terminal.In, terminal.RawOut, terminal).Run());
        return command;
    }
}
