using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Tokenizers;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Spectra;

/// <summary>Looks at a sample of a run's data, as deep as asked, and tells what it finds as events.</summary>
internal static class DataSpectrum
{
    /// <summary>Looks.</summary>
    /// <param name="run">The run; without a model its texts alone can be looked at.</param>
    /// <param name="request">How deep.</param>
    /// <param name="kind">The engine.</param>
    /// <param name="tell">Takes the events.</param>
    /// <exception cref="TrainerException">Data or model cannot be read, or there is too little of the data.</exception>
    public static void Measure(TrainingRun run, SpectrumRequest request, IEngineKind kind, Action<RunEvent> tell)
    {
        var sample = DataSample.Draw(run.Data.Train, TemplateOf(run, request), request.Rows, request.Seed);
        if (sample.Chosen.Count < 2)
            throw new TrainerException($"{run.Data.Train[0].Path}: a spectrum needs two rows that hold something, and there are fewer");
        if (request.Depth == "texts" || TokensOf(run, sample, request, tell) is not { } tokens)
        {
            tell(new SampleEvent(sample.Rows, sample.Chosen.Count, null, null));
            tell(SpectrumEvent.Make("texts", null, HashedTexts.Measure(sample.Texts)));
            return;
        }

        tell(new SampleEvent(sample.Rows, sample.Chosen.Count, tokens.Sample.TokensPerRow, tokens.Sample.AnswerTokensPerRow));
        if (tokens.Means.Count > 1)
            tell(SpectrumEvent.Make("embeddings", null, new SpectrumSolver(request.Threads).OfRows(tokens.Means, isCentred: true)));
        if (request.Depth == "model" && Try(() => ModelFolder.Open(run.BaseModel), request, tell) is { } model)
        {
            using (model)
                RunModel(run, model, tokens.Sample, request, kind, tell);
        }
    }

    // The rows as tokens and as means of their embeddings; the table need not stay open.
    private static (TokenSample Sample, IReadOnlyList<float[]> Means)? TokensOf(
        TrainingRun run, DataSample sample, SpectrumRequest request, Action<RunEvent> tell)
    {
        using var table = Try(() => EmbeddingTable.Open(run.BaseModel), request, tell);
        if (table is null || Try(() => TokenizerFiles.Load(run.BaseModel), request, tell) is not { } tokenizer)
            return null;
        var longest = Math.Min(run.Data.MaxSequenceLength, table.Longest);
        var tokens = new TokenSample(sample, tokenizer, run.Data.MaskPrompt, longest, table.Weight.Shape[0]);
        return (tokens, tokens.MeanEmbeddings(table.Weight));
    }

    // What a model does not have is a mistake where it was asked for, else a word and a look less deep.
    private static T? Try<T>(Func<T> open, SpectrumRequest request, Action<RunEvent> tell)
        where T : class
    {
        try
        {
            return open();
        }
        catch (TrainerException missing) when (request.MayBeLess)
        {
            tell(new WarningEvent($"the data is looked at less deeply: {missing.Message}"));
            return null;
        }
    }

    private static void RunModel(
        TrainingRun run, ModelFolder model, TokenSample tokens, SpectrumRequest request, IEngineKind kind, Action<RunEvent> tell)
    {
        var planned = AdapterPlanner.Plan(run.Lora, model.Config);
        // The embedding's input are numbers of tokens, which have no directions.
        var plan = planned with { UseDora = false, Modules = [.. planned.Modules.Where(m => !m.IsEmbedding)], SavedModules = [] };
        if (plan.Modules.Count == 0)
            throw new TrainerException("no linear layer gets an adapter, so the model shows no directions; look at embeddings");
        var options = new EngineOptions { Threads = request.Threads, Device = kind.FindDevices()[0].Name, GradientCheckpointing = true };
        ActivationResult activations;
        using (var engine = kind.Create(model.Config, model, plan, options))
            activations = ActivationAnalysis.Run(plan, tokens, engine, request.Seed, request.Threads);
        foreach (var (module, spectrum) in activations.Spectra)
            tell(SpectrumEvent.Make("activations", module, spectrum));
        if (activations.Ranks is { } eva)
        {
            for (var i = 0; i < eva.Length; i++)
                tell(new ModuleRankEvent("eva", plan.Modules[i].Name, eva[i], null));
            if (!activations.HasConverged)
                tell(new WarningEvent($"EVA's components still change after {activations.Passes} passes; its ranks are as they are then"));
        }
        else
        {
            tell(new WarningEvent("the rows that were drawn have too few targets for EVA's ranks; draw more, or lower the rank"));
        }

        var gradients = GradientAnalysis.Run(plan, model.Config, model, tokens, kind, options, request.Seed);
        tell(new BaseLossEvent(gradients.Loss));
        foreach (var (module, spectrum) in gradients.Spectra)
            tell(SpectrumEvent.Make("gradients", module, spectrum));
        var ranks = RankAllocation.Share(gradients.Importances, run.Lora.Rank);
        for (var i = 0; i < ranks.Length; i++)
            tell(new ModuleRankEvent("gora", gradients.Importances[i].Name, ranks[i], gradients.Importances[i].Importance));
    }

    // Conversations alone need one. Without a model its markers are the same in every text, and fall away with the mean.
    private static ChatTemplate? TemplateOf(TrainingRun run, SpectrumRequest request) =>
        run.Data.ChatTemplate is { } name ? ChatTemplate.ByName(name)
        : run.Data.Train.All(s => s.Format is not (DataFormat.Chat or DataFormat.ShareGpt or DataFormat.ChatExchange)) ? null
        : request.Depth == "texts" ? ChatTemplate.ByName("chatml") : ChatTemplate.ForModel(run.BaseModel);
}
