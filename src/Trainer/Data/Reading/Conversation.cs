using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>Collects the turns of a row and has the template write them.</summary>
internal sealed class Conversation(RowFields row)
{
    private readonly List<ChatMessage> _messages = [];
    private readonly List<bool> _isLearned = [];

    /// <summary>Turns so far.</summary>
    public int Count => _messages.Count;

    /// <summary>The role of the first turn.</summary>
    public string? FirstRole => _messages.Count > 0 ? _messages[0].Role : null;

    /// <summary>Adds a turn.</summary>
    public void Add(string role, string content, bool isLearned)
    {
        _messages.Add(new ChatMessage(role, content));
        if (role == "assistant")
            _isLearned.Add(isLearned);
    }

    /// <summary>Writes the conversation; null when no answer in it is to be learned.</summary>
    public RenderedRow? Render(ChatTemplate template)
    {
        if (!_isLearned.Contains(true))
            return null;
        IReadOnlyList<ChatSegment> segments;
        try
        {
            segments = template.Render(_messages, addGenerationPrompt: false);
        }
        catch (TrainerException e)
        {
            throw row.Place.Error(e.Message, e);
        }

        if (_isLearned.Contains(false))
            segments = WithoutUnlearned(segments, template);
        return new RenderedRow(segments, HasSpecialTokens: true);
    }

    // A template writes each answer as one stretch, so that the n-th stretch is the n-th answer.
    private List<ChatSegment> WithoutUnlearned(IReadOnlyList<ChatSegment> segments, ChatTemplate template)
    {
        if (segments.Count(segment => segment.IsAnswer) != _isLearned.Count)
            throw row.Place.Error($"chat template {template.Name} joins answers, so that weight 0 cannot leave one of them out");
        var answer = 0;
        return [.. segments.Select(segment => segment.IsAnswer ? segment with { IsAnswer = _isLearned[answer++] } : segment)];
    }
}
