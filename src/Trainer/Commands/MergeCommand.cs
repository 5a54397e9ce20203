using System.CommandLine;
using System.Globalization;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Commands;

/// <summary><c>loralint-trainer merge</c>: an adapter folded into its base, as a model of its own.</summary>
internal static class MergeCommand
{
    private const string DefaultShardSize = "5GB";

    /// <summary>The command for the parser.</summary>
    /// <param name="output">Where the result is told.</param>
    public static Command Build(TextWriter output)
    {
        var adapter = new Argument<string>("ADAPTER") { Description = "The adapter's folder, with adapter_config.json." };
        var baseModel = BaseOption();
        var folder = new Option<string>("--output") { Description = "The folder to make.", HelpName = "DIR", Required = true };
        var type = new Option<string?>("--dtype")
        {
            Description = "The type of all weights: float32, bfloat16 or float16. Default: the base's.", HelpName = "TYPE",
        };
        var shardSize = new Option<string?>("--max-shard-size")
        {
            Description = $"The most that a file holds, such as 500MB or 2GiB. Default: {DefaultShardSize}.", HelpName = "SIZE",
        };
        var command = new Command("merge", "Fold an adapter into its base model and write the result as a model folder.")
        {
            adapter, baseModel, folder, type, shardSize,
        };
        command.SetAction(parsed =>
        {
            var wanted = TypeOf(parsed.GetValue(type));
            var most = SizeOf(parsed.GetValue(shardSize) ?? DefaultShardSize);
            using var opened = AdapterFolder.Open(parsed.GetValue(adapter)!);
            using var model = ModelFolder.Open(opened.BaseOf(parsed.GetValue(baseModel)));
            var target = Path.GetFullPath(parsed.GetValue(folder)!);
            var files = AdapterMerge.Write(new RunFiles(), model, opened, target, wanted, most);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"merged {opened.Modules.Count} modules into {target} ({files} {(files == 1 ? "file" : "files")} with weights)"));
            return 0;
        });
        return command;
    }

    /// <summary>The option that names the base.</summary>
    public static Option<string?> BaseOption() => new("--base")
    {
        Description = "The base model's folder. Default: the one that the adapter names.", HelpName = "FOLDER",
    };

    private static StorageType? TypeOf(string? name) => name switch
    {
        null => null,
        "float32" or "fp32" => StorageType.Float32,
        "bfloat16" or "bf16" => StorageType.BFloat16,
        "float16" or "fp16" => StorageType.Float16,
        _ => throw new TrainerException($"--dtype {name}: known are float32, bfloat16 and float16"),
    };

    // As Hugging Face reads such sizes: GB is 10^9, GiB is 2^30.
    internal static long SizeOf(string text)
    {
        foreach (var (unit, bytes) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && decimal.TryParse(
                    text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number > 0 && number * bytes is >= 1 and <= long.MaxValue)
            {
                return (long)(number * bytes);
            }
        }

        throw new TrainerException($"--max-shard-size {text}: write a number with its unit, such as 500MB or 2GiB");
    }

    private static readonly (string Unit, decimal Bytes)[] s_units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ];
}
