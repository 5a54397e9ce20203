using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Lsp;

/// <summary>
/// The findings of files that are not open. They are checked a file at a time while no message waits, and again when they change on
/// disk, so that what the editor lists is never out of date.
/// </summary>
/// <param name="workspace">The open documents and what lies around them.</param>
/// <param name="publish">Tells the client the findings of a file.</param>
internal sealed class WorkspaceCheck(Workspace workspace, Action<string, Analysis?> publish)
{
    private readonly Queue<string> _waiting = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private Job? _job;

    /// <summary>Begins to check files, in place of a check that is still under way.</summary>
    /// <param name="files">Absolute paths.</param>
    /// <param name="progress">Takes how many files of how many are done.</param>
    /// <param name="cancelled">Ends it.</param>
    /// <param name="done">Takes the counts; cancelled when it was ended.</param>
    public void Start(
        IReadOnlyList<string> files, Action<int, int> progress, CancellationToken cancelled,
        TaskCompletionSource<WorkspaceCheckResult> done)
    {
        _job?.Done.TrySetCanceled();
        _waiting.Clear();
        foreach (var path in _told.Except(files).ToList())
            Tell(path, null);
        foreach (var file in files)
            _waiting.Enqueue(file);
        _job = new Job(files.Count, progress, cancelled, done);
    }

    /// <summary>Checks files again that have changed, come or gone; all that were told of when a settings file has.</summary>
    public void Recheck(IReadOnlyList<string> paths)
    {
        var isAll = paths.Any(p => Path.GetFileName(p) == Reading.SettingsFile.FileName);
        foreach (var path in isAll ? _told.ToList() : paths.Where(_told.Contains))
        {
            if (!_waiting.Contains(path))
                _waiting.Enqueue(path);
        }
    }

    /// <summary>A document's findings are the editor's business from now on.</summary>
    public void Forget(string path) => _told.Remove(path);

    /// <summary>Checks one file; says whether there is more to do.</summary>
    public bool Step()
    {
        if (_job is { Cancelled.IsCancellationRequested: true })
        {
            _waiting.Clear();
            _job.Done.TrySetCanceled();
            _job = null;
        }

        if (_waiting.TryDequeue(out var path))
            Check(path);
        if (_waiting.Count > 0)
            return true;
        _job?.Done.TrySetResult(_job.Result);
        _job = null;
        return false;
    }

    private void Check(string path)
    {
        var open = workspace.FindPath(path);
        var analysis = open is not null ? workspace.Analyse(open) : workspace.AnalyseClosed(path);
        if (open is null)
            Tell(path, analysis);
        if (_job is null)
            return;
        _job.Count(analysis);
        _job.Progress(_job.Result.Files, _job.Total);
    }

    private void Tell(string path, Analysis? analysis)
    {
        if (analysis is { Result.Findings.Count: > 0 })
            _told.Add(path);
        else if (!_told.Remove(path))
            return;
        publish(path, analysis);
    }

    private sealed class Job(
        int total, Action<int, int> progress, CancellationToken cancelled, TaskCompletionSource<WorkspaceCheckResult> done)
    {
        public int Total => total;

        public Action<int, int> Progress => progress;

        public CancellationToken Cancelled => cancelled;

        public TaskCompletionSource<WorkspaceCheckResult> Done => done;

        public WorkspaceCheckResult Result { get; private set; } = new(0, 0, 0, 0, 0);

        public void Count(Analysis? analysis)
        {
            var findings = analysis?.Result.Findings ?? [];
            Result = new WorkspaceCheckResult(
                Result.Files + 1,
                Result.Configs + (analysis is null || (analysis.Result.Configs.Count == 0 && findings.Count == 0) ? 0 : 1),
                Result.Errors + findings.Count(f => f.Severity == Severity.Error),
                Result.Warnings + findings.Count(f => f.Severity == Severity.Warning),
                Result.Infos + findings.Count(f => f.Severity == Severity.Info));
        }
    }
}
