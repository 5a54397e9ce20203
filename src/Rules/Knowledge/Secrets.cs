namespace LoraLint.Rules.Knowledge;

/// <summary>
/// Recognises access tokens by their fixed beginnings, or by the key they stand under. Placeholders (<c>hf_xxxxxxxx</c>,
/// <c>YOUR_TOKEN</c>) and references to variables are not secrets.
/// </summary>
public static class Secrets
{
    // Beginnings that the issuer gives to nothing else, with how many letters and digits follow at least, and whether - and _ may be
    // among them.
    private static readonly (string Prefix, int Length, bool HasMarks, string What)[] s_prefixes =
    [
        ("hf_", 30, false, "a Hugging Face token"),
        ("github_pat_", 30, true, "a GitHub token"),
        ("ghp_", 36, false, "a GitHub token"),
        ("gho_", 36, false, "a GitHub token"),
        ("ghs_", 36, false, "a GitHub token"),
        ("glpat-", 20, true, "a GitLab token"),
        ("sk-ant-", 30, true, "an Anthropic key"),
        ("sk-proj-", 30, true, "an OpenAI key"),
        ("sk-", 40, false, "an API key"),
        ("AKIA", 16, false, "an AWS access key"),
        ("wandb_v1_", 30, true, "a Weights & Biases key"),
        ("xoxb-", 30, true, "a Slack token"),
    ];

    // Keys that hold nothing but a secret. Not every *_token: pad_token and its like are vocabulary.
    private static readonly string[] s_keys =
    [
        "hf_token", "huggingface_token", "hub_token", "hf_hub_token", "ms_hub_token", "om_hub_token", "huggingface_hub_token",
        "hugging_face_hub_token", "use_auth_token", "wandb_api_key", "wandb_key", "wandb_token", "swanlab_token", "swanlab_api_key",
        "comet_api_key", "neptune_api_token", "clearml_api_secret_key", "openai_api_key", "anthropic_api_key", "api_key", "access_token",
        "aws_secret_access_key", "github_token", "mlflow_tracking_password", "swanlab_secret",
    ];

    private static readonly string[] s_placeholders =
        ["your", "xxx", "...", "token", "key", "secret", "here", "example", "placeholder", "change", "todo", "insert", "<", "$", "{"];

    /// <summary>What a value is when it is a secret, for a message ("a Hugging Face token"); else null.</summary>
    /// <param name="key">The key it stands under; empty in a list or comment.</param>
    /// <param name="value">The value.</param>
    public static string? Describe(string key, string value)
    {
        foreach (var word in value.Split(' ', '\t', '"', '\'', ',', ';', '=', ':', '@', '/'))
        {
            foreach (var (prefix, length, hasMarks, what) in s_prefixes)
            {
                if (word.StartsWith(prefix, StringComparison.Ordinal) && IsRandom(word.Substring(prefix.Length), length, hasMarks))
                    return what;
            }
        }

        var name = key.ToLowerInvariant();
        return s_keys.Contains(name) && !s_placeholders.Any(value.ToLowerInvariant().Contains) && IsRandom(value, 16, hasMarks: true)
            ? "an access token" : null;
    }

    // Long, of the characters tokens are made of, with digits and letters, and not one character over and over.
    private static bool IsRandom(string text, int length, bool hasMarks) =>
        text.Length >= length && text.All(c => c < 128 && (char.IsLetterOrDigit(c) || (hasMarks && c is '_' or '-' or '.' or '+')))
        && text.Any(char.IsDigit) && text.Any(char.IsLetter) && text.Distinct().Count() >= 8;
}
