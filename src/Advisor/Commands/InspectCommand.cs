using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint inspect</c>: what the framework will really do with a config, defaults and derived values included.</summary>
internal static class InspectCommand
{
    private static readonly string[] s_formats = ["text", "json"];

    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "The config." };
        var format = new Option<string?>("--format") { Description = "How to write it: text or json. Default: text.", HelpName = "FORMAT" };
        var config = new Option<string?>("--config")
        {
            Description = "Use this settings file instead of the nearest loralint.yaml.", HelpName = "FILE",
        };
        var command = new Command("inspect", "Show what the framework will do with a config: each setting and where it comes from.")
        {
            file, format, config,
        };
        command.SetAction(parsed => Run(
            terminal,
            parsed.GetValue(file)!,
            CheckCommand.OneOf(format.Name, parsed.GetValue(format), s_formats, 0) == 1,
            parsed.GetValue(config)));
        return command;
    }

    private static int Run(Terminal terminal, string path, bool asJson, string? settingsPath)
    {
        var document = Read(terminal, path);
        var fullPath = terminal.FullPath(path);
        var settings = new SettingsCache(terminal, settingsPath).For(Path.GetDirectoryName(fullPath)!);
        var options = settings.OptionsFor(fullPath, new SettingsBlock());
        var configs = Linter.Recognise(document, options, alsoWithoutLora: true);
        foreach (var problem in document.Problems)
        {
            var position = document.Source.Lines.PositionAt(problem.Span.Start);
            terminal.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"note: {document.Source.Path}:{position.Line}:{position.Column}: {problem.Message}"));
        }

        if (configs.Count == 0)
            terminal.Error.WriteLine($"note: {document.Source.Path}: not a config of a format that is known");
        var files = new CompanionFiles(
            Path.GetDirectoryName(fullPath)!, new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable)));
        if (asJson)
            JsonReportWriter.Write(terminal.Out, json => WriteJson(json, document.Source, configs, files, options));
        else
            WriteText(terminal, document.Source, configs, files, options);
        return ExitCode.Clean;
    }

    /// <summary>Reads a config file.</summary>
    /// <exception cref="UserMistakeException">It is not there, or not of a kind that is read.</exception>
    internal static ConfigDocument Read(Terminal terminal, string path)
    {
        var fullPath = terminal.FullPath(path);
        if (!File.Exists(fullPath))
            throw new UserMistakeException(Directory.Exists(fullPath) ? $"{path} is a folder; name a config" : $"no such file: {path}");
        if (ConfigReader.LanguageOf(path) is not { } language)
            throw new UserMistakeException($"{path}: configs are .yaml, .yml, .json, .toml, .py, .ipynb or .sh files");
        var read = FileReader.Read(fullPath);
        return read.IsRead ? ConfigReader.Read(read.Decoded, FileDiscovery.Shown(path), language)
            : throw new UserMistakeException($"cannot read {path}: {read.Failure}");
    }

    private static void WriteJson(
        Utf8JsonWriter json, SourceText source, IReadOnlyList<RecognisedConfig> configs, ICompanionFiles files, LintOptions options)
    {
        json.WriteStartObject();
        json.WriteString("path", source.Path);
        json.WriteString("format", configs.Count > 0 ? configs[0].Format.Name : null);
        json.WriteStartArray("configs");
        foreach (var config in configs)
        {
            json.WriteStartObject();
            json.WriteStartObject("settings");
            foreach (var (name, of) in InspectedSettings.All)
            {
                json.WritePropertyName(name);
                WriteSetting(json, source, of(config.Config));
            }

            json.WriteEndObject();
            InspectedModel.Write(json, new BaseModelView(config, files));
            InspectedVersions.Write(json, config.Format.Name, files, options);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSetting(Utf8JsonWriter json, SourceText source, ISetting setting)
    {
        if (setting.Origin == SettingOrigin.Absent)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WritePropertyName("value");
        InspectedSettings.Write(json, setting.BoxedValue);
        json.WriteString("origin", InspectedSettings.OriginOf(setting));
        json.WriteString("key", setting.Key.Length > 0 ? setting.Key : null);
        if (setting.Entry is { } entry)
        {
            var position = source.Lines.PositionAt(entry.KeySpan.Start);
            json.WriteNumber("line", position.Line);
            json.WriteNumber("column", position.Column);
        }
        else
        {
            json.WriteNull("line");
            json.WriteNull("column");
        }

        json.WriteEndObject();
    }

    /// <summary>The settings of each config, and the modules that get adapters, as tables for people.</summary>
    internal static void WriteText(
        Terminal terminal, SourceText source, IReadOnlyList<RecognisedConfig> configs, ICompanionFiles files, LintOptions options)
    {
        var output = StyledWriter.For(terminal);
        for (var i = 0; i < configs.Count; i++)
        {
            if (i > 0)
                output.WriteLine();
            var number = configs.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $", config {i + 1} of {configs.Count}") : "";
            output.Write(SourceExcerpt.Harmless(source.Path) + number, TextStyle.Strong);
            output.WriteLine($" ({configs[i].Format.Title}, read as {configs[i].Format.Upstream})", TextStyle.Faint);
            var table = new ColumnTable("setting", "value", "origin", "key", "line");
            foreach (var (name, of) in InspectedSettings.All)
                AddRow(table, name, of(configs[i].Config), source);
            table.Write(terminal);
            InspectedModel.Write(terminal, output, new BaseModelView(configs[i], files));
            InspectedVersions.Write(output, configs[i].Format.Name, files, options);
        }
    }

    private static void AddRow(ColumnTable table, string name, ISetting setting, SourceText source)
    {
        if (setting.Origin == SettingOrigin.Absent)
            return;
        var line = setting.Entry is { } entry
            ? source.Lines.PositionAt(entry.KeySpan.Start).Line.ToString(CultureInfo.InvariantCulture) : "";
        var value = setting.IsKnown ? InspectedSettings.Show(setting.BoxedValue) : "(not known)";
        table.Add(name, value, InspectedSettings.OriginOf(setting), setting.Key, line);
    }
}
