using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Tests.Training.Engines;

/// <summary>Which engine <c>loralint train</c> takes, and what it says of it.</summary>
public sealed class EngineChoiceTests
{
    private const string Config = """
        loralint: 1
        base_model: model
        adapter: {rank: 8, alpha: 16, dropout: 0.05}
        data: {train: train.jsonl, validation_split: 0.1, max_sequence_length: 512}
        training: {learning_rate: 1e-4, micro_batch_size: 4, gradient_accumulation_steps: 4, gradient_checkpointing: false}
        output_dir: out
        """;

    private const string Cpu = """{"engine":"torch","devices":[{"name":"cpu","description":"libtorch"}]}""";
    private const string Gpu = """
        {"engine":"torch","devices":[{"name":"cuda:0","description":"H100"},{"name":"cuda:1","description":"H100"},{"name":"cpu"}]}
        """;

    private const string NoGpu = """{"engine":"torch","error":"CUDA is dead"}""";
    private const string NoGpuHere = "torch-cuda-linux does not work: CUDA is dead";
    private const string TorchCpu = "torch trainer: --engine torch --device cpu";
    private const string Managed = "managed trainer: --engine managed";

    [Fact]
    public void Without_an_engine_none_is_asked()
    {
        using var rig = Rig();
        var run = Train(rig);
        Assert.Equal("managed (CPU), as no other engine is installed", run.Plan);
        Assert.Equal("managed trainer: run ROOT/out --control stdin --engine managed\n", run.Error);
        Assert.DoesNotContain("probe", rig.Calls, StringComparison.Ordinal);
    }

    public static TheoryData<string?, string?, string[], string, string> Works => new()
    {
        // torch-cuda-linux says, torch-cpu says, options, the plan's line, the trainer's arguments
        { Gpu, Cpu, [], "torch (cuda:0: H100)", "torch trainer: --engine torch --device cuda:0" },
        { Gpu, null, ["--device", "cuda"], "torch (cuda:0: H100)", "torch trainer: --engine torch --device cuda:0" },
        { Gpu, null, ["--engine", "torch", "--device", "cuda:1"], "torch (cuda:1: H100)", "torch trainer: --engine torch --device cuda:1" },
        { Gpu, Cpu, ["--device", "cpu"], "torch (CPU, torch-cuda-linux)", TorchCpu },
        { Gpu, Cpu, ["--engine", "managed"], "managed (CPU)", Managed },
        { null, Cpu, [], "torch (CPU, torch-cpu), as it found no GPU", TorchCpu },
        { null, Cpu, ["--engine", "torch", "--device", "cpu"], "torch (CPU, torch-cpu)", TorchCpu },
        { NoGpu, Cpu, [], $"torch (CPU, torch-cpu), as {NoGpuHere}", TorchCpu },
        { NoGpu, null, [], $"managed (CPU), as {NoGpuHere}; `loralint doctor` tells more", Managed },
        { NoGpu, null, ["--device", "cpu"], $"managed (CPU), as {NoGpuHere}; `loralint doctor` tells more", Managed },
    };

    [Theory]
    [MemberData(nameof(Works))]
    public void The_best_that_works_is_taken_and_the_plan_says_why(string? cuda, string? cpu, string[] options, string plan, string trainer)
    {
        using var rig = Rig();
        if (cuda is not null)
            rig.With("torch-cuda-linux", cuda);
        if (cpu is not null)
            rig.With("torch-cpu", cpu);
        var run = Train(rig, options);
        Assert.Equal((0, plan), (run.Code, run.Plan));
        Assert.Equal(trainer + "\n", run.Error.Replace("run ROOT/out --control stdin ", "", StringComparison.Ordinal));
    }

    public static TheoryData<string?, string[], string> Refused => new()
    {
        {
            null, ["--engine", "torch"], "the torch engine was asked for, and it is not installed; "
                + "`loralint engine install torch-cpu` installs it, `loralint doctor` tells what there is"
        },
        {
            null, ["--engine", "torch", "--device", "cuda"], "the torch engine on cuda was asked for, and it is not installed; "
                + "there is no NVIDIA driver (libcuda.so.1 is not there); install one from https://www.nvidia.com/drivers"
        },
        { null, ["--device", "cuda:0"], "--device cuda:0 is for the torch engine, and it is not installed; there is no NVIDIA driver" },
        {
            NoGpu, ["--engine", "torch"], $"the torch engine was asked for, but {NoGpuHere}; "
                + "`loralint doctor` tells more; `loralint engine install torch-cuda-linux` installs it again"
        },
        { Gpu, ["--device", "cuda:2"], "there is no device cuda:2; the engines found cuda:0, cuda:1, cpu; " },
        {
            Gpu, ["--engine", "managed", "--device", "cuda"],
            "the managed engine computes on the CPU; --engine torch is the one for --device cuda"
        },
        { Gpu, ["--device", "gpu"], "--device gpu is no device; there are cpu, cuda and cuda:N" },
        { Gpu, ["--device", "cuda:-1"], "--device cuda:-1 is no device" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_was_asked_for_and_does_not_work_is_one_error_with_its_remedy(string? cuda, string[] options, string told)
    {
        using var rig = Rig();
        if (cuda is not null)
            rig.With("torch-cuda-linux", cuda);
        var run = Train(rig, options);
        Assert.Equal(2, run.Code);
        Assert.StartsWith("error: " + told, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
        Assert.False(Directory.Exists(rig.Scratch.PathTo("out")));
    }

    [Theory]
    [InlineData("removed", "libtorch_cpu.so is missing", false)]
    [InlineData("truncated", "libtorch_cpu.so is truncated: it has 2999 bytes instead of 3000", false)]
    [InlineData("half a record", "engine.json is damaged", false)]
    [InlineData("another LoraLint", "it was made for LoraLint 0.0.9", false)]
    [InlineData("another trainer", "it was made for another build of LoraLint", false)]
    [InlineData("kill -7 $$", "it was ended by SIGBUS", true)]
    [InlineData("echo 'symbol lookup error' >&2; exit 127", "it ended with exit code 127: symbol lookup error", true)]
    [InlineData("echo 'a broken { line'; exit 134", "it was ended by SIGABRT", true)]
    public void A_broken_engine_is_passed_over_with_a_reason_and_refused_when_asked_for(string fault, string reason, bool isProbed)
    {
        using var rig = Rig();
        rig.With("torch-cpu", isProbed ? "noise" : Cpu, isProbed ? fault : "exit 0");
        EngineListTests.Plant(rig, fault);
        var run = Train(rig);
        Assert.Equal(0, run.Code);
        Assert.StartsWith($"managed (CPU), as torch-cpu does not work: {reason}", run.Plan, StringComparison.Ordinal);
        Assert.StartsWith("managed trainer: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(isProbed, rig.Calls.Contains("torch-cpu/loralint-trainer-torch.dll probe", StringComparison.Ordinal));

        var refused = Train(rig, "--engine", "torch", "--output", "other");
        Assert.Equal(2, refused.Code);
        Assert.StartsWith(
            $"error: the torch engine was asked for, but torch-cpu does not work: {reason}", refused.Error, StringComparison.Ordinal);
        Assert.EndsWith(
            "; `loralint doctor` tells more; `loralint engine install torch-cpu` installs it again\n", refused.Error,
            StringComparison.Ordinal);
        Assert.Equal(1, refused.Error.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("managed", "managed (CPU), as the run began with it", "--engine managed")]
    [InlineData("torch", "torch (CPU, torch-cpu), as the run began with it", "--engine torch --device cpu")]
    public void A_run_goes_on_with_the_engine_that_it_began_with(string engine, string plan, string arguments)
    {
        using var rig = Rig();
        rig.With("torch-cpu", Cpu);
        Begin(rig, engine);
        var run = Train(rig, "--resume");
        Assert.Equal((0, plan), (run.Code, run.Plan));
        Assert.Contains(arguments, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_whose_engine_is_gone_says_so_before_the_trainer_starts()
    {
        using var rig = Rig();
        Begin(rig, "torch");
        var run = Train(rig, "--resume");
        Assert.Equal(2, run.Code);
        Assert.StartsWith(
            "error: the run began with the torch engine, and it is not installed; `loralint engine install torch-cpu`", run.Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"identity": 3}""")]
    [InlineData("""{"identity": {"engine": "other"}}""")]
    public void A_checkpoint_that_says_nothing_decides_nothing(string state)
    {
        using var rig = Rig();
        Begin(rig, "managed");
        rig.Scratch.Write("out/checkpoints/step-100/state.json", state);
        Assert.Equal("managed (CPU), as no other engine is installed", Train(rig, "--resume").Plan);
    }

    [Fact]
    public void The_newest_checkpoint_counts()
    {
        using var rig = Rig();
        rig.Scratch.Write("out/checkpoints/step-9/state.json", """{"identity":{"engine":"a"}}""")
            .Write("out/checkpoints/step-10/state.json", """{"identity":{"engine":"b"}}""")
            .Write("out/checkpoints/step-11.tmp/adapter", "");
        Assert.Equal("b", RunEngine.Of(rig.Scratch.PathTo("out")));
        Assert.Null(RunEngine.Of(rig.Scratch.PathTo("nowhere")));
    }

    private static EngineRig Rig()
    {
        var rig = new EngineRig();
        rig.Scratch.Write("run.yaml", Config).Write("train.jsonl", "{\"messages\": []}\n").Write("model/config.json", "{}");
        return rig;
    }

    // A run with two checkpoints, of which the trainer takes the later one.
    private static void Begin(EngineRig rig, string engine)
    {
        Assert.Equal(0, Train(rig, "--engine", "managed").Code);
        rig.Scratch.Write("out/checkpoints/step-9/state.json", """{"identity":{"engine":"other"}}""")
            .Write("out/checkpoints/step-20/state.json", $$$"""{"identity":{"engine":"{{{engine}}}"}}""");
    }

    private static (int Code, string Plan, string Error) Train(EngineRig rig, params string[] options)
    {
        var run = rig.Scratch.Run(["train", "run.yaml", .. options]);
        var plan = run.Out.Split('\n').FirstOrDefault(l => l.StartsWith("engine ", StringComparison.Ordinal));
        return (run.Code, plan?["engine".Length..].Trim() ?? "", run.Error.Replace(rig.Scratch.Root, "ROOT", StringComparison.Ordinal));
    }
}
