namespace LoraLint.Advisor.Lsp;

/// <summary>A request that is answered with an error rather than a result.</summary>
/// <param name="code">One of <see cref="ErrorCode"/>.</param>
/// <param name="message">What is wrong, for the client's log.</param>
internal sealed class RequestFailedException(int code, string message) : Exception(message)
{
    /// <summary>The protocol's code.</summary>
    public int Code { get; } = code;
}

/// <summary>The error codes of JSON-RPC 2.0 and of the Language Server Protocol 3.17.</summary>
internal static class ErrorCode
{
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;
    public const int InternalError = -32603;
    public const int ServerNotInitialized = -32002;
    public const int RequestFailed = -32803;
    public const int RequestCancelled = -32800;
}
