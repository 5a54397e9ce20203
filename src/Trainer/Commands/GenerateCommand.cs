using System.CommandLine;
using System.Text.Json;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Tokenizers;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Generation;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Commands;

/// <summary><c>loralint-trainer generate</c>: what a model writes without and with an adapter, one under the other.</summary>
internal static class GenerateCommand
{
    /// <summary>The command for the parser.</summary>
    /// <param name="output">Where the texts go.</param>
    public static Command Build(TextWriter output)
    {
        var adapter = new Argument<string>("ADAPTER")
        {
            Description = "The adapter's folder, or that of the run that made it, or a base model alone.",
        };
        var prompts = new Option<string[]>("--prompt")
        {
            Description = "What the model answers, or with --raw goes on from. May be given several times.", HelpName = "TEXT",
            Required = true,
        };
        var baseModel = new Option<string?>("--base")
        {
            Description = "The base model's folder. Default: the one that the adapter names.", HelpName = "FOLDER",
        };
        var raw = new Option<bool>("--raw") { Description = "Give the prompt as it is, not as a turn of a chat." };
        var template = new Option<string?>("--chat-template")
        {
            Description = "The chat template by name. Default: the model's own.", HelpName = "NAME",
        };
        var system = new Option<string?>("--system") { Description = "A system message before the prompt.", HelpName = "TEXT" };
        var most = new Option<int>("--max-tokens") { Description = "New tokens at most.", DefaultValueFactory = _ => 256, HelpName = "N" };
        var temperature = new Option<double>("--temperature")
        {
            Description = "0 takes the likeliest token each time; higher is more varied.", DefaultValueFactory = _ => 0, HelpName = "T",
        };
        var topP = new Option<double>("--top-p")
        {
            Description = "Draw from the likeliest tokens that make up this share.", DefaultValueFactory = _ => 1, HelpName = "P",
        };
        var seed = new Option<long>("--seed") { Description = "Of the drawing.", DefaultValueFactory = _ => 42, HelpName = "N" };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads that compute.",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var json = new Option<bool>("--json") { Description = "One JSON object a prompt, each on its line." };
        Require(most, n => n is >= 1 and <= 1 << 20, "--max-tokens must be between 1 and 1048576");
        Require(temperature, t => t is >= 0 and <= 100, "--temperature must be between 0 and 100");
        Require(topP, p => p is > 0 and <= 1, "--top-p must be above 0 and at most 1");
        Require(threads, n => n is >= 1 and <= 1024, "--threads must be between 1 and 1024");
        var command = new Command("generate", "Let a model write, without and with an adapter.")
        {
            adapter, prompts, baseModel, raw, template, system, most, temperature, topP, seed, threads, json,
        };
        command.SetAction(parsed =>
        {
            var sampler = new Sampler(parsed.GetValue(temperature), parsed.GetValue(topP), parsed.GetValue(seed));
            using var opened = OpenAdapter(parsed.GetValue(adapter)!);
            using var model = ModelFolder.Open(opened is null ? parsed.GetValue(adapter)! : opened.BaseOf(parsed.GetValue(baseModel)));
            model.Verify();
            opened?.Verify(model);
            var tokenizer = TokenizerFiles.Load(model.Path);
            var plan = opened is null ? new AdapterPlan([], false, default, []) : LoadedAdapter.PlanOf(opened);
            using var engine = new ManagedEngine(model.Config, model, plan, new EngineOptions { Threads = parsed.GetValue(threads) });
            if (opened is not null)
                LoadedAdapter.WriteInto(engine, opened);
            var chat = parsed.GetValue(raw) ? null
                : parsed.GetValue(template) is { } name ? ChatTemplate.ByName(name) : ChatTemplate.ForModel(model.Path);
            var generator = new TextGenerator(engine, tokenizer, StopTokens.Of(model.Path, tokenizer));
            foreach (var prompt in parsed.GetValue(prompts)!)
            {
                var ids = Encode(prompt, parsed.GetValue(system), chat, tokenizer);
                var room = Math.Min(parsed.GetValue(most), model.Config.MaxPositions - ids.Length);
                if (room < 1)
                {
                    throw new TrainerException(
                        $"the prompt has {ids.Length} tokens and the model handles {model.Config.MaxPositions} in all: shorten it");
                }

                var before = generator.Write(ids, room, sampler, usesAdapter: false);
                var after = opened is null ? null : generator.Write(ids, room, sampler, usesAdapter: true);
                if (parsed.GetValue(json))
                    WriteJson(output, prompt, before, after);
                else
                    WriteText(output, prompt, before, after);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Require<T>(Option<T> option, Func<T, bool> isValid, string otherwise) => option.Validators.Add(result =>
    {
        if (result.Errors.Any() || result.GetValueOrDefault<T>() is not { } value || !isValid(value))
            result.AddError(otherwise);
    });

    // A run's folder holds its adapter; a model's folder holds none.
    private static AdapterFolder? OpenAdapter(string path)
    {
        if (Directory.Exists(Path.Combine(path, "adapter")))
            return AdapterFolder.Open(Path.Combine(path, "adapter"));
        if (File.Exists(Path.Combine(path, "run.json")))
            throw new TrainerException(
                $"{path}: the run has no adapter yet; `loralint train --resume` finishes it, or name one of its checkpoints");
        return File.Exists(Path.Combine(path, "config.json")) && !File.Exists(Path.Combine(path, AdapterFiles.ConfigName))
            ? null : AdapterFolder.Open(path);
    }

    private static int[] Encode(string prompt, string? system, ChatTemplate? chat, ITokenizer tokenizer)
    {
        var ids = chat is null ? tokenizer.Encode(prompt, addSpecialTokens: true) : tokenizer.Encode(
            string.Concat(chat.Render([.. Messages()], addGenerationPrompt: true).Select(s => s.Text)), addSpecialTokens: false);
        return ids.Length > 0 ? ids : throw new TrainerException("the prompt has no tokens: write something");

        IEnumerable<ChatMessage> Messages()
        {
            if (system is not null)
                yield return new ChatMessage("system", system);
            yield return new ChatMessage("user", prompt);
        }
    }

    private static void WriteText(TextWriter output, string prompt, GeneratedText before, GeneratedText? after)
    {
        output.WriteLine($"prompt   {Indented(prompt)}");
        output.WriteLine($"base     {Indented(Shown(before))}");
        if (after is not null)
            output.WriteLine($"adapter  {Indented(Shown(after))}");
        output.WriteLine();
    }

    private static string Shown(GeneratedText text) => text.IsComplete ? text.Text : text.Text + " ...";

    private static string Indented(string text) => text.Trim().ReplaceLineEndings("\n         ");

    private static void WriteJson(TextWriter output, string prompt, GeneratedText before, GeneratedText? after)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(
            stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("prompt", prompt);
            Add("base", before);
            if (after is not null)
                Add("adapter", after);
            json.WriteEndObject();

            void Add(string name, GeneratedText text)
            {
                json.WriteStartObject(name);
                json.WriteString("text", text.Text);
                json.WriteNumber("tokens", text.Tokens);
                json.WriteBoolean("complete", text.IsComplete);
                json.WriteEndObject();
            }
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length));
    }
}
