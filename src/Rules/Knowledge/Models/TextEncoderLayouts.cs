namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Encoders of text that get a head for their task when they are loaded: BERT and its kin. The config of an adapter does not tell the
/// head, so there is a list for each. Names and sizes from src/transformers/models/*/modeling_*.py, checked by published numbers.
/// </summary>
internal static class TextEncoderLayouts
{
    private const string Masked = "a head for masked tokens";
    private const string Texts = "a head for classes of texts";
    private const string Tokens = "a head for classes of tokens";
    private const string Answers = "a head for answers";

    // A head of classes is made for two when nobody says more.
    private const long FewestLabels = 2;

    /// <summary>The architectures.</summary>
    public static IReadOnlyList<string> Types { get; } = ["bert", "roberta", "xlm-roberta", "distilbert", "deberta-v2", "modernbert"];

    /// <summary>The modules, one list for each head; null for an architecture that is not known.</summary>
    public static IReadOnlyList<ModelShape>? Find(ModelDimensions size) => size.ModelType switch
    {
        "bert" when size.Positions > 0 && size.Segments > 0 =>
            [Bert(size, Masked), Bert(size, Texts), Bert(size, Tokens), Bert(size, Answers)],
        "roberta" or "xlm-roberta" when size.Positions > 0 && size.Segments > 0 =>
            [Roberta(size, Masked), Roberta(size, Texts), Roberta(size, Tokens), Roberta(size, Answers)],
        "distilbert" when size.Positions > 0 =>
            [DistilBert(size, Masked), DistilBert(size, Texts), DistilBert(size, Tokens), DistilBert(size, Answers)],
        // Its pre-training has a head that no class in transformers builds.
        "deberta-v2" when size.Positions > 0 => [Deberta(size, Texts), Deberta(size, Tokens), Deberta(size, Answers)],
        "modernbert" => [ModernBert(size, Masked), ModernBert(size, Texts), ModernBert(size, Tokens)],
        _ => null,
    };

    private static ModelShape Bert(ModelDimensions size, string head)
    {
        var build = new ShapeBuilder();
        Embeddings(build, size, "bert");
        Layers(build, size, "bert", "query", "key", "value");
        if (head == Texts)
            build.Linear("bert.pooler.dense", size.Hidden, size.Hidden, true);
        if (head == Masked)
        {
            build.Linear("cls.predictions.transform.dense", size.Hidden, size.Hidden, true);
            build.Norm("cls.predictions.transform.LayerNorm", size.Hidden, true);
            build.Linear("cls.predictions.decoder", size.Hidden, size.Vocabulary, true);
            return Close(build, size, head, "bert.embeddings.word_embeddings", "cls.predictions.decoder");
        }

        return Classes(build, size, head, "bert.embeddings.word_embeddings");
    }

    private static ModelShape Roberta(ModelDimensions size, string head)
    {
        var build = new ShapeBuilder();
        Embeddings(build, size, "roberta");
        Layers(build, size, "roberta", "query", "key", "value");
        switch (head)
        {
            case Masked:
                build.Linear("lm_head.dense", size.Hidden, size.Hidden, true);
                build.Norm("lm_head.layer_norm", size.Hidden, true);
                build.Linear("lm_head.decoder", size.Hidden, size.Vocabulary, true);
                return Close(build, size, head, "roberta.embeddings.word_embeddings", "lm_head.decoder");
            case Texts:
                build.Linear("classifier.dense", size.Hidden, size.Hidden, true);
                build.Linear("classifier.out_proj", size.Hidden, Labels(size), true);
                return Close(build, size, head, "roberta.embeddings.word_embeddings", null);
            default:
                return Classes(build, size, head, "roberta.embeddings.word_embeddings");
        }
    }

    private static ModelShape DistilBert(ModelDimensions size, string head)
    {
        const string Root = "distilbert";
        var build = new ShapeBuilder();
        build.Embedding(Root + ".embeddings.word_embeddings", size.Vocabulary, size.Hidden);
        build.Embedding(Root + ".embeddings.position_embeddings", size.Positions, size.Hidden);
        build.Norm(Root + ".embeddings.LayerNorm", size.Hidden, true);
        build.Layers(Root + ".transformer.layer", size.Layers, _ =>
        {
            foreach (var name in (string[])["q_lin", "k_lin", "v_lin", "out_lin"])
                build.Linear("attention." + name, size.Hidden, size.Hidden, true);
            build.Norm("sa_layer_norm", size.Hidden, true);
            build.Linear("ffn.lin1", size.Hidden, size.Intermediate, true);
            build.Linear("ffn.lin2", size.Intermediate, size.Hidden, true);
            build.Norm("output_layer_norm", size.Hidden, true);
        });
        if (head == Masked)
        {
            build.Linear("vocab_transform", size.Hidden, size.Hidden, true);
            build.Norm("vocab_layer_norm", size.Hidden, true);
            build.Linear("vocab_projector", size.Hidden, size.Vocabulary, true);
            return Close(build, size, head, Root + ".embeddings.word_embeddings", "vocab_projector");
        }

        if (head == Texts)
            build.Linear("pre_classifier", size.Hidden, size.Hidden, true);
        return Classes(build, size, head, Root + ".embeddings.word_embeddings");
    }

    // Version 3: positions are relative and in one table for all layers (Positions), shared between keys and queries.
    private static ModelShape Deberta(ModelDimensions size, string head)
    {
        var build = new ShapeBuilder();
        build.Embedding("deberta.embeddings.word_embeddings", size.Vocabulary, size.Hidden);
        build.Norm("deberta.embeddings.LayerNorm", size.Hidden, true);
        Layers(build, size, "deberta", "query_proj", "key_proj", "value_proj");
        build.Embedding("deberta.encoder.rel_embeddings", size.Positions, size.Hidden);
        build.Norm("deberta.encoder.LayerNorm", size.Hidden, true);
        if (head == Texts)
            build.Linear("pooler.dense", size.Hidden, size.Hidden, true);
        return Classes(build, size, head, "deberta.embeddings.word_embeddings");
    }

    private static ModelShape ModernBert(ModelDimensions size, string head)
    {
        var build = new ShapeBuilder();
        build.Embedding("model.embeddings.tok_embeddings", size.Vocabulary, size.Hidden);
        build.Norm("model.embeddings.norm", size.Hidden);
        build.Layers("model.layers", size.Layers, layer =>
        {
            // What comes out of the embeddings is normed already.
            if (layer > 0)
                build.Norm("attn_norm", size.Hidden);
            build.Linear("attn.Wqkv", size.Hidden, 3 * size.Hidden);
            build.Linear("attn.Wo", size.Hidden, size.Hidden);
            build.Norm("mlp_norm", size.Hidden);
            build.Linear("mlp.Wi", size.Hidden, 2 * size.Intermediate);
            build.Linear("mlp.Wo", size.Intermediate, size.Hidden);
        });
        build.Norm("model.final_norm", size.Hidden);
        build.Linear("head.dense", size.Hidden, size.Hidden);
        build.Norm("head.norm", size.Hidden);
        if (head != Masked)
            return Classes(build, size, head, "model.embeddings.tok_embeddings");
        build.Linear("decoder", size.Hidden, size.Vocabulary, true);
        return Close(build, size, head, "model.embeddings.tok_embeddings", "decoder");
    }

    private static void Embeddings(ShapeBuilder build, ModelDimensions size, string root)
    {
        build.Embedding(root + ".embeddings.word_embeddings", size.Vocabulary, size.Hidden);
        build.Embedding(root + ".embeddings.position_embeddings", size.Positions, size.Hidden);
        build.Embedding(root + ".embeddings.token_type_embeddings", size.Segments, size.Hidden);
        build.Norm(root + ".embeddings.LayerNorm", size.Hidden, true);
    }

    private static void Layers(ShapeBuilder build, ModelDimensions size, string root, params string[] projections) =>
        build.Layers(root + ".encoder.layer", size.Layers, _ =>
        {
            foreach (var name in projections)
                build.Linear("attention.self." + name, size.Hidden, size.Hidden, true);
            build.Linear("attention.output.dense", size.Hidden, size.Hidden, true);
            build.Norm("attention.output.LayerNorm", size.Hidden, true);
            build.Linear("intermediate.dense", size.Hidden, size.Intermediate, true);
            build.Linear("output.dense", size.Intermediate, size.Hidden, true);
            build.Norm("output.LayerNorm", size.Hidden, true);
        });

    private static ModelShape Classes(ShapeBuilder build, ModelDimensions size, string head, string embedding)
    {
        if (head == Answers)
            build.Linear("qa_outputs", size.Hidden, 2, true);
        else
            build.Linear("classifier", size.Hidden, Labels(size), true);
        return Close(build, size, head, embedding, null);
    }

    private static long Labels(ModelDimensions size) => size.Labels > 0 ? size.Labels : FewestLabels;

    private static ModelShape Close(ShapeBuilder build, ModelDimensions size, string library, string embedding, string? head) =>
        new(build.Modules)
        {
            Library = library, Embedding = embedding, Head = head, TiesEmbeddings = head is not null && size.TiesEmbeddings,
            Layers = size.Layers,
        };
}
