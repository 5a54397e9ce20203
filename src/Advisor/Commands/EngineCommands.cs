using System.CommandLine;
using System.Runtime.InteropServices;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint engine</c>: lists, installs and removes what trains on a GPU, or with libtorch on the processor.</summary>
internal static class EngineCommands
{
    /// <summary>The commands for the parser.</summary>
    public static Command Build(Terminal terminal) =>
        new("engine", "List, install and remove engines that train; the managed one is built in.")
    {
        BuildList(terminal), BuildInstall(terminal), BuildRemove(terminal),
    };

    /// <summary>Installs an engine; Ctrl-C leaves everything as it was.</summary>
    internal static int Install(Terminal terminal, InstallRequest request, CancellationToken stop)
    {
        try
        {
            new EngineInstaller(terminal, EngineStore.Require(terminal)).Install(request, stop);
            return ExitCode.Clean;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            terminal.Error.WriteLine("Interrupted; nothing was installed.");
            return ExitCode.Interrupted;
        }
    }

    private static Command BuildList(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("list", "List the engines with their versions, sizes and states.") { json };
        command.SetAction(parsed =>
        {
            var store = EngineStore.Require(terminal);
            var engines = EngineList.Collect(terminal, store);
            if (parsed.GetValue(json))
                EngineList.WriteJson(terminal, store, engines);
            else
                EngineList.WriteText(terminal, store, engines);
            return ExitCode.Clean;
        });
        return command;
    }

    private static Command BuildInstall(Terminal terminal)
    {
        var name = NameArgument();
        var source = new Option<string[]>("--source")
        {
            Description = "A folder or an address with the packages, in place of the sources in this machine's NuGet settings; "
                + "may be given several times.",
            HelpName = "DIR_OR_URL",
        };
        var version = new Option<string?>("--version")
        {
            Description = $"TorchSharp's version. Default: {EnginePackage.TorchSharpVersion}.", HelpName = "VERSION",
        };
        var command = new Command(
            "install", "Download an engine's libraries, build it on this machine and check that it works. Needs the .NET 10 SDK.")
        {
            name, source, version,
        };
        command.SetAction(parsed =>
        {
            var wanted = parsed.GetValue(version) ?? EnginePackage.TorchSharpVersion;
            if (wanted.Length == 0 || !IsVersion(wanted))
                throw new UserMistakeException($"--version {wanted} is no version; one is {EnginePackage.TorchSharpVersion}");
            var request = new InstallRequest(PackageOf(parsed.GetValue(name)!), parsed.GetValue(source) ?? [], wanted);
            using var stop = new CancellationTokenSource();
            void Cancel(PosixSignalContext context)
            {
                context.Cancel = true;
                stop.Cancel();
            }

            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
            return Install(terminal, request, stop.Token);
        });
        return command;
    }

    private static Command BuildRemove(Terminal terminal)
    {
        var name = NameArgument();
        var command = new Command("remove", "Delete an installed engine.") { name };
        command.SetAction(parsed =>
        {
            var package = PackageOf(parsed.GetValue(name)!);
            var store = EngineStore.Require(terminal);
            if (!Directory.Exists(store.PathOf(package.Name)))
                throw new UserMistakeException($"{package.Name} is not installed; `loralint engine list` shows what is");
            using var taken = store.Lock();
            var bytes = EngineStore.SizeOf(store.PathOf(package.Name));
            var isGone = store.Remove(package.Name);
            terminal.Out.WriteLine($"Removed {package.Name}, {Words.Size(bytes)}.");
            if (!isGone)
            {
                terminal.Error.WriteLine($"note: some of its files in {store.Folder} could not be deleted; "
                    + "the next install or remove tries again");
            }

            return ExitCode.Clean;
        });
        return command;
    }

    private static Argument<string> NameArgument() =>
        new("NAME") { Description = $"The engine: {string.Join(", ", EnginePackage.All.Select(p => p.Name))}." };

    private static EnginePackage PackageOf(string name) => EnginePackage.Find(name) ?? throw new UserMistakeException(
        name == "managed" ? "managed is built in: it is there without installing and cannot be removed"
        : $"there is no engine {name}; there are {string.Join(", ", EnginePackage.All.Select(p => p.Name))}");

    // One version, as NuGet writes it: anything more would be a range.
    private static bool IsVersion(string text) =>
        char.IsAsciiDigit(text[0]) && text.Contains('.') && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');
}
