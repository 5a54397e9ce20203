namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>
/// SmolLM3: ChatML behind a system turn with dates, a reasoning mode and instructions. <c>/think</c> (also without saying so) or
/// <c>/no_think</c> in the system message chooses the mode. The system turn has no end token, as in the model's own template, which
/// forgets it where there are no tools. The day of the call is the day of the model's release here: what a model learns from must not
/// depend on the day of the run.
/// </summary>
internal sealed class SmolLm3 : ChatTemplate
{
    private const string NoThinking = "<think>\n\n</think>\n";

    private const string Plain = "You are a helpful AI assistant named SmolLM, trained by Hugging Face.";

    private const string Thinking = Plain
        + " Your role as an assistant involves thoroughly exploring questions through a systematic thinking process before providing the "
        + "final precise and accurate solutions. This requires engaging in a comprehensive cycle of analysis, summarizing, exploration, "
        + "reassessment, reflection, backtracking, and iteration to develop well-considered thinking process. Please structure your "
        + "response into two main sections: Thought and Solution using the specified format: <think> Thought section </think> Solution "
        + "section. In the Thought section, detail your reasoning process in steps. Each step should include detailed considerations such "
        + "as analysing questions, summarizing relevant findings, brainstorming new ideas, verifying the accuracy of the current steps, "
        + "refining any errors, and revisiting previous steps. In the Solution section, based on various attempts, explorations, and "
        + "reflections from the Thought section, systematically present the final solution that you deem correct. The Solution section "
        + "should be logical, accurate, and concise and detail necessary steps needed to reach the conclusion.";

    public override string Name => "smollm3";

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        var (system, rest) = TakeSystem(messages);
        if (rest.Any(message => message.Role == "system"))
            throw Misfit("has one system message, in front");
        var thinks = system is null || !system.Contains("/no_think", StringComparison.Ordinal);
        var custom = system?.Replace("/no_think", "", StringComparison.Ordinal).Replace("/think", "", StringComparison.Ordinal).TrimEnd();
        text.Prompt("<|im_start|>system\n");
        if (system is not null && system.Contains("/system_override", StringComparison.Ordinal))
            text.Prompt(custom!.Replace("/system_override", "", StringComparison.Ordinal).TrimEnd() + "<|im_end|>\n");
        else
            text.Prompt("## Metadata\n\nKnowledge Cutoff Date: June 2025\nToday Date: 08 July 2025\n"
                + $"Reasoning Mode: {(thinks ? "/think" : "/no_think")}\n\n## Custom Instructions\n\n"
                + $"{(string.IsNullOrEmpty(custom) ? thinks ? Thinking : Plain : custom)}\n\n");
        foreach (var message in rest)
        {
            text.Prompt($"<|im_start|>{message.Role}\n");
            if (message.Role == "assistant")
            {
                text.Prompt(thinks ? "" : NoThinking);
                text.Answer(message.Content.TrimStart('\n') + "<|im_end|>");
            }
            else
            {
                text.Prompt(message.Content + "<|im_end|>");
            }
            text.Prompt("\n");
        }
        if (addGenerationPrompt)
            text.Prompt("<|im_start|>assistant\n" + (thinks ? "" : NoThinking));
    }
}
