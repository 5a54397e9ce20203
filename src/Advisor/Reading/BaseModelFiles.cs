using System.Collections.Concurrent;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// Base models on this machine, read from config.json and the headers of their safetensors files. Each folder is read once. It may be
/// used from several threads.
/// </summary>
internal sealed class BaseModelFiles
{
    private readonly ConcurrentDictionary<string, ModelLookup> _models = new(StringComparer.Ordinal);

    /// <summary>The model in a folder.</summary>
    /// <param name="folder">The folder, absolute.</param>
    /// <param name="name">As the config has it.</param>
    /// <param name="origin">Whether the folder is the user's or the cache's.</param>
    public ModelLookup Find(string folder, string name, ModelOrigin origin)
    {
        var found = _models.GetOrAdd(folder, Read);
        return found.Model is { } model ? found with { Model = model with { Name = name, Origin = origin } } : found;
    }

    private static ModelLookup Read(string folder)
    {
        try
        {
            var path = Path.Join(folder, "config.json");
            if (!File.Exists(path))
                return new ModelLookup(null, $"{folder} has no config.json");
            if (ReadConfig(path) is not { } root)
                return new ModelLookup(null, $"{path} cannot be read");
            var quantization = ModelConfigFile.QuantizationOf(root);
            var type = root.Find("model_type")?.Value is { IsScalar: true } value ? value.Text : null;
            if (ModelConfigFile.Read(root, out var problem) is { } size && ModelLayouts.Find(size) is { } shapes)
            {
                return new ModelLookup(
                    new BaseModel("", ModelOrigin.Folder, shapes)
                    {
                        Dimensions = size, ModelType = type, Quantization = quantization, Dtype = ModelConfigFile.DtypeOf(root),
                    });
            }

            // Packed weights have other shapes than the modules.
            var shape = quantization is null && SafetensorsNames.Read(folder) is { } tensors ? TensorShapes.Find(tensors) : null;
            return shape is null ? new ModelLookup(null, problem) { UnknownType = type } : new ModelLookup(
                new BaseModel("", ModelOrigin.Folder, [shape]) { ModelType = type, NamesAreOfFiles = true });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return new ModelLookup(null, $"{folder} cannot be read: {exception.Message.TrimEnd('.')}");
        }
    }

    private static ConfigNode? ReadConfig(string path)
    {
        if (new FileInfo(path).Length > ReadLimits.MaxBytes || FileReader.Read(path).Decoded is not { } decoded)
            return null;
        var document = ConfigReader.Read(decoded, path, ConfigLanguage.Json);
        return document.Roots.Count == 1 && document.Problems.Count == 0 ? document.Roots[0] : null;
    }
}
