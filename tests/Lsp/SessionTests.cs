using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>
/// Sessions with the tool as a process, recorded in tests/golden/lsp: what the client sends, and word for word what comes back.
/// A line <c>file NAME</c> and the lines with a bar below it make a file, <c>--></c> sends a message, <c>raw</c> sends a JSON text's
/// bytes as they are, <c>&lt;--</c> is what must come next, <c>end</c> closes the input and names the exit code; no more may come than
/// is written. $ROOT stands for the folder's address. LORALINT_UPDATE=1 writes what comes back anew.
/// </summary>
public sealed class SessionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(100);
    private static readonly JsonSerializerOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Sessions() =>
        [.. Directory.GetFiles(Folder, "*.session").Order(StringComparer.Ordinal).Select(p => Path.GetFileName(p))];

    private static string Folder => Repository.PathTo("tests", "golden", "lsp");

    [Theory]
    [MemberData(nameof(Sessions))]
    public async Task A_recorded_session_goes_as_it_went(string name)
    {
        var path = Path.Combine(Folder, name);
        var lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        using var scratch = new ScratchFolder();
        WriteFiles(scratch, lines);
        using var process = Start(scratch.Root);
        using var answers = new BlockingCollection<JsonNode>();
        var reading = Task.Run(() => ReadAll(process, answers), TestContext.Current.CancellationToken);
        var root = DocumentUri.Of(scratch.Root);
        var output = new List<string>();
        foreach (var line in lines)
        {
            if (line.StartsWith("<-- ", StringComparison.Ordinal))
            {
                if (!Repository.Updates)
                    Assert.Equal(line[4..], Next(answers, s_patience, root) ?? "(nothing)");
                continue;
            }

            if (line.StartsWith("end ", StringComparison.Ordinal))
            {
                process.StandardInput.Close();
                Assert.True(process.WaitForExit(s_patience), "the server does not end");
                await reading;
                output.Add(string.Create(CultureInfo.InvariantCulture, $"end {process.ExitCode}"));
                if (!Repository.Updates)
                    Assert.Equal(line, output[^1]);
                AddRest();
                continue;
            }

            output.Add(line);
            if (line.StartsWith("--> ", StringComparison.Ordinal))
                Send(process, line[4..].Replace("$ROOT", root, StringComparison.Ordinal));
            else if (line.StartsWith("raw ", StringComparison.Ordinal))
                SendRaw(process, Encoding.UTF8.GetBytes((string)JsonNode.Parse(line[4..])!));
            else
                continue;
            AddRest();
        }

        if (Repository.Updates)
            await File.WriteAllLinesAsync(path, output, TestContext.Current.CancellationToken);
        else
            Assert.Null(Next(answers, TimeSpan.Zero, root));

        void AddRest()
        {
            while (Repository.Updates && NextOrIdle(process, answers, root) is { } answer)
                output.Add("<-- " + answer);
        }
    }

    [Fact]
    public void The_recorded_sessions_have_thirty_exchanges_and_more()
    {
        var all = Directory.GetFiles(Folder, "*.session").SelectMany(File.ReadAllLines).ToList();
        Assert.True(all.Count(l => l.StartsWith("--> ", StringComparison.Ordinal) || l.StartsWith("raw ", StringComparison.Ordinal)) >= 30);
        Assert.True(all.Count(l => l.StartsWith("<-- ", StringComparison.Ordinal)) >= 30);
        Assert.Contains(all, l => l.StartsWith("<-- ", StringComparison.Ordinal) && l.Contains("-32700", StringComparison.Ordinal));
    }

    private static void WriteFiles(ScratchFolder scratch, string[] lines)
    {
        string? file = null;
        foreach (var line in lines)
        {
            if (line.StartsWith("file ", StringComparison.Ordinal))
                scratch.Write(file = line[5..], "");
            else if (line.StartsWith("| ", StringComparison.Ordinal) || line == "|")
                File.AppendAllText(scratch.PathTo(file!), (line.Length > 1 ? line[2..] : "") + "\n");
        }
    }

    private static Process Start(string folder)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "loralint.dll"), "lsp", "--stdio"])
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // No models of the machine's user.
        start.Environment["HF_HUB_CACHE"] = folder;
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static void ReadAll(Process process, BlockingCollection<JsonNode> answers)
    {
        var reader = new MessageReader(process.StandardOutput.BaseStream);
        while (reader.Read() is { } body)
            answers.Add(JsonNode.Parse(body)!);
        answers.CompleteAdding();
    }

    private static string? Next(BlockingCollection<JsonNode> answers, TimeSpan patience, string root) =>
        answers.TryTake(out var answer, patience)
            ? answer.ToJsonString(s_readable).Replace(root, "$ROOT", StringComparison.Ordinal)
                .Replace(new Uri(root).LocalPath, "$FOLDER", StringComparison.Ordinal)
                .Replace($"\"version\":\"{Advisor.Program.Version}\"", "\"version\":\"$VERSION\"", StringComparison.Ordinal)
            : null;

    // What is written anew is what comes until the server has nothing left to do: a fixed time would be too short on a busy machine.
    private static string? NextOrIdle(Process process, BlockingCollection<JsonNode> answers, string root)
    {
        var (worked, idle) = (TimeSpan.Zero, 0);
        while (idle < 5)
        {
            if (Next(answers, s_glance, root) is { } answer)
                return answer;
            try
            {
                process.Refresh();
                var isResting = process.TotalProcessorTime == worked
                    && process.Threads.Cast<ProcessThread>().All(t => t.ThreadState == System.Diagnostics.ThreadState.Wait);
                idle = isResting ? idle + 1 : 0;
                worked = process.TotalProcessorTime;
            }
            catch (InvalidOperationException) when (process.HasExited)
            {
                // What it said last is read behind the end.
                return null;
            }
        }

        return null;
    }

    private static void Send(Process process, string message)
    {
        var body = Encoding.UTF8.GetBytes(message);
        var header = string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n");
        SendRaw(process, [.. Encoding.ASCII.GetBytes(header), .. body]);
    }

    private static void SendRaw(Process process, byte[] bytes)
    {
        process.StandardInput.BaseStream.Write(bytes);
        process.StandardInput.BaseStream.Flush();
    }
}
