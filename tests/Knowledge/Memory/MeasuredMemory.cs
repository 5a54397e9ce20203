using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Tests.Knowledge.Memory;

/// <summary>A published measurement and the run that it is of.</summary>
/// <param name="Source">Who measured.</param>
/// <param name="What">The run in words.</param>
/// <param name="Bytes">What was measured.</param>
/// <param name="Load">The run.</param>
internal sealed record MeasuredRun(string Source, string What, double Bytes, FrameworkLoad Load);

/// <summary>
/// Memory of LoRA runs as others have published it. Figures that are given in GB or without a unit are taken as 1e9 bytes, GiB as 2^30.
/// </summary>
internal static class MeasuredMemory
{
    public const string Qwen = "QwenLM/Qwen@03cd81f5, README.md, \"Profiling of Memory and Speed\"";
    public const string Peft = "huggingface/peft@5d602fdb, method_comparison/MetaMathQA/results";
    public const string Litgpt = "Lightning-AI/litgpt@4839345a, tutorials/resource-tables.md";
    public const string Answer = "AnswerDotAI/fsdp_qlora@23fafdfb, benchmarks_03_2024.md";
    public const string Copilot = "Hugging Face blog, \"Personal Copilot\"";

    private static readonly int[] s_lengths = [256, 512, 1024, 2048, 4096, 8192];

    /// <summary>All of them, in an order that does not change: each third one was kept out of the fit.</summary>
    public static IReadOnlyList<MeasuredRun> All { get; } =
        [.. QwenRuns(), .. PeftRuns(), .. LitgptRuns(), .. AnswerRuns(), CopilotRun()];

    public static bool IsKeptOut(int index) => index % 3 == 2;

    // Batch of one sequence, gradient checkpointing, r 64 on c_attn, c_proj, w1, w2, dropout 0.05, flash attention 2 (finetune.py).
    // LoRA in bf16; Q-LoRA from GPTQ's 4 bits in fp16 under DeepSpeed. Memory as the driver has it.
    private static IEnumerable<MeasuredRun> QwenRuns()
    {
        var rows = new (string Model, string Method, double[] Gigabytes)[]
        {
            ("1.8B", "LoRA", [6.7, 7.4, 8.4, 11.0, 16.2, 21.8]),
            ("7B", "LoRA", [20.1, 20.4, 21.5, 23.8, 29.7, 36.6]),
            ("14B", "LoRA", [34.6, 35.1, 35.3, 37.4, 42.5, 55.2]),
            ("1.8B", "LoRA (emb)", [13.7, 14.0, 14.0, 15.1, 19.7, 27.7]),
            ("7B", "LoRA (emb)", [33.7, 34.1, 35.2, 35.1, 39.2, 48.5]),
            ("14B", "LoRA (emb)", [51.2, 51.1, 51.5, 54.1, 56.8, 67.7]),
            ("1.8B", "Q-LoRA", [5.8, 6.0, 6.6, 7.8, 10.2, 15.8]),
            ("7B", "Q-LoRA", [11.5, 11.5, 12.3, 13.9, 16.9, 23.5]),
            ("14B", "Q-LoRA", [18.7, 18.4, 18.9, 19.9, 23.0, 27.9]),
            ("72B", "Q-LoRA", [61.4, 61.4, 62.9, 64.1, 68.0, 75.6]),
        };
        foreach (var (name, method, gigabytes) in rows)
        {
            var size = name switch
            {
                "1.8B" => Llama(2048, 24, 16, 5504, 151936),
                "7B" => Llama(4096, 32, 32, 11008, 151936),
                "14B" => Llama(5120, 40, 40, 13696, 152064),
                _ => Llama(8192, 80, 64, 24576, 152064),
            };
            var (h, inner) = (size.Hidden, size.Intermediate);
            for (var i = 0; i < gigabytes.Length; i++)
            {
                var load = Load(size, 64, s_lengths[i], [(h, 3 * h), (h, h), (h, inner), (h, inner), (inner, h)]) with
                {
                    Recomputes = true,
                    Drops = true,
                    HasHalfAdapters = true,
                    SavedParameters = method == "LoRA (emb)" ? 2 * size.Vocabulary * h : 0,
                    LinearBits = method == "Q-LoRA" ? 4.25 : 16,
                    Framework = method == "Q-LoRA" ? FrameworkKind.DeepSpeedFp16 : FrameworkKind.Transformers,
                };
                yield return new MeasuredRun(Qwen, $"Qwen-{name} {method}, {s_lengths[i]} tokens", gigabytes[i] * 1e9, load);
            }
        }
    }

    // Four sequences of up to 768 tokens, bf16 with adapters in 32 bits, nothing computed again; PyTorch's own counter.
    private static IEnumerable<MeasuredRun> PeftRuns()
    {
        var size = ModelCatalog.FindDimensions("meta-llama/Llama-3.2-3B")!;
        var (h, inner, keys) = (size.Hidden, size.Intermediate, size.KeyValueWidth);
        foreach (var (what, rank, bytes, modules, dora) in new (string, long, double, (long, long)[], bool)[]
        {
            ("r 32 on q, v", 32, 22292725760, [(h, h), (h, keys)], false),
            ("r 64 on q, v", 64, 22552772608, [(h, h), (h, keys)], false),
            ("r 10 on gate, up, down", 10, 24698159104, [(h, inner), (h, inner), (inner, h)], false),
            ("r 32 on q, v, DoRA", 32, 24532484096, [(h, h), (h, keys)], true),
        })
        {
            var load = Load(size, rank, 4 * 768, modules) with { UsesDora = dora, CountsContext = false };
            yield return new MeasuredRun(Peft, $"Llama-3.2-3B {what}, 4 x 768 tokens", bytes, load);
        }
    }

    // r 8 on q and v, dropout 0.05, pure bf16, nothing computed again; PyTorch's own counter.
    private static IEnumerable<MeasuredRun> LitgptRuns()
    {
        var models = new (string Name, ModelDimensions Size, long Tokens, (double Bits, int Sequences, double Gigabytes)[] Rows)[]
        {
            ("phi-1.5", ModelCatalog.FindDimensions("microsoft/phi-1_5")!, 1044,
                [(16, 1, 4.82), (4.5, 1, 3.78), (4.127, 1, 3.72), (16, 2, 6.76), (16, 4, 10.68)]),
            ("StableLM Alpha 3B", Llama(4096, 16, 32, 16384, 50432) with { ModelType = "gpt_neox" }, 1034,
                [(16, 1, 9.69), (4.5, 1, 6.35), (4.127, 1, 6.19), (16, 2, 12.10), (16, 4, 16.92)]),
            ("Llama 2 7B", ModelCatalog.FindDimensions("meta-llama/Llama-2-7b-hf")!, 1304,
                [(16, 1, 21.30), (4.5, 1, 14.14), (4.127, 1, 13.84), (16, 2, 29.07)]),
            ("Llama 2 13B", ModelCatalog.FindDimensions("meta-llama/Llama-2-13b-hf")!, 1304,
                [(16, 1, 38.12), (4.5, 1, 23.14), (4.127, 1, 22.55)]),
        };
        foreach (var (name, size, tokens, rows) in models)
        {
            foreach (var (bits, sequences, gigabytes) in rows)
            {
                var load = Load(size, 8, sequences * tokens, [(size.Hidden, size.Hidden), (size.Hidden, size.Hidden)]) with
                {
                    LinearBits = bits, Drops = true, HasHalfAdapters = true, Framework = FrameworkKind.Litgpt, CountsContext = false,
                };
                var way = bits switch { 16 => "bf16", 4.5 => "nf4", _ => "nf4, double quantization" };
                yield return new MeasuredRun(Litgpt, $"{name} {way}, {sequences} x {tokens} tokens", gigabytes * 1e9, load);
            }
        }
    }

    // r 64 on all but o, dropout 0.1, gradient checkpointing, a whole copy of the model on each card.
    private static IEnumerable<MeasuredRun> AnswerRuns()
    {
        var size = ModelCatalog.FindDimensions("meta-llama/Llama-2-7b-hf")!;
        var (h, inner) = (size.Hidden, size.Intermediate);
        foreach (var (what, bits, sequences, gibibytes) in new (string, double, int, double)[]
        {
            ("QLoRA", 4.5, 8, 20.94), ("LoRA", 16, 4, 22.04),
        })
        {
            var load = Load(size, 64, sequences * 2048, [(h, h), (h, h), (h, h), (h, inner), (h, inner), (inner, h)]) with
            {
                LinearBits = bits, Recomputes = true, Drops = true, HasHalfAdapters = true, CountsContext = false,
            };
            yield return new MeasuredRun(Answer, $"Llama 2 7B {what}, {sequences} x 2048 tokens", gibibytes * (1L << 30), load);
        }
    }

    private static MeasuredRun CopilotRun()
    {
        var size = ModelCatalog.FindDimensions("bigcode/starcoder")!;
        var shape = ModelLayouts.Find(size)![0];
        var modules = shape.Modules.Where(m => m.Layer == 0 && m.IsLinear).Select(m => (m.Inputs, m.Outputs)).ToArray();
        var load = Load(size, 32, 4 * 2048, modules) with
        {
            LinearBits = 4.127, OtherBytes = 4, Recomputes = true, Drops = true, HasHalfAdapters = true,
        };
        return new MeasuredRun(Copilot, "StarCoder QLoRA, r 32, 4 x 2048 tokens", 26e9, load);
    }

    private static FrameworkLoad Load(ModelDimensions size, long rank, long tokens, (long Inputs, long Outputs)[] modules) => new()
    {
        Size = size,
        Model = ModelLayouts.Find(size)![0],
        Adapters = [.. Enumerable.Range(0, size.Layers)
            .SelectMany(layer => modules.Select((m, i) => new AdapterSize(m.Inputs, m.Outputs, rank, layer, $"place{i}")))],
        Tokens = tokens,
        Recomputes = false,
    };

    // Qwen's first models have Llama's shapes under other names.
    private static ModelDimensions Llama(long hidden, int layers, long heads, long intermediate, long vocabulary) => new()
    {
        ModelType = "llama", Hidden = hidden, Layers = layers, Heads = heads, KeyValueHeads = heads, HeadSize = hidden / heads,
        Intermediate = intermediate, Vocabulary = vocabulary,
    };
}
