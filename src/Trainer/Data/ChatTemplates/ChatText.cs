using System.Text;

namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>Collects the text of a conversation and which stretches of it are answers.</summary>
internal sealed class ChatText
{
    private readonly List<ChatSegment> _segments = [];
    private readonly StringBuilder _open = new();
    private bool _openIsAnswer;

    /// <summary>What was written.</summary>
    public IReadOnlyList<ChatSegment> Segments
    {
        get
        {
            Close();
            return _segments;
        }
    }

    /// <summary>Adds what the model is given.</summary>
    public void Prompt(string text) => Add(text, isAnswer: false);

    /// <summary>Adds what the model has to write.</summary>
    public void Answer(string text) => Add(text, isAnswer: true);

    private void Add(string text, bool isAnswer)
    {
        if (text.Length == 0)
            return;
        if (isAnswer != _openIsAnswer)
            Close();
        _openIsAnswer = isAnswer;
        _open.Append(text);
    }

    private void Close()
    {
        if (_open.Length > 0)
            _segments.Add(new ChatSegment(_open.ToString(), _openIsAnswer));
        _open.Clear();
    }
}
