using System.Text.Json;
using LoraLint.Trainer.Data.Tokenizers;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>Finds the Jinja chat template in a model's folder.</summary>
internal static class ChatTemplateFile
{
    private const long MostBytes = 1 << 20;

    /// <summary>
    /// The template and the file that it is from: <c>chat_template.jinja</c>, else <c>chat_template</c> of <c>tokenizer_config.json</c>, of
    /// several the one named default. Null when there is none.
    /// </summary>
    public static (string File, string Text)? Read(string folder)
    {
        var jinja = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(jinja))
            return (jinja, ReadText(jinja));
        var config = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(config))
            return null;
        if (JsonFile.Read(config, TokenizerFiles.MostBytes).Find("chat_template") is not { } place)
            return null;
        if (place.Value.ValueKind == JsonValueKind.String)
            return (config, place.Text());
        foreach (var named in place.Elements())
            if (named.Get("name").Text() == "default")
                return (config, named.Get("template").Text());
        return null;
    }

    private static string ReadText(string path)
    {
        try
        {
            return new FileInfo(path).Length <= MostBytes
                ? File.ReadAllText(path)
                : throw new TrainerException($"{path}: the file has more than {MostBytes} bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainerException($"{path}: cannot be read: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
