using System.Runtime.ExceptionServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// Threads that work off numbered jobs together with the caller. Jobs are handed out by a counter, so that a slow core takes fewer of
/// them. Which worker gets which job is left to chance: kernels give each output value to one job, which sums in a fixed order, and so
/// their results do not depend on it.
/// </summary>
/// <remarks>Used by one thread at a time. Idle workers spin for some microseconds, because the next kernel mostly follows at once, and
/// then block.</remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinsBeforeBlocking = 200;

    private readonly Thread[] _workers;
    private readonly NativeBuffer?[] _scratch;
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim[] _wake;
    private NativeBuffer? _sharedScratch;
    private Round? _round;
    private bool _running;
    private volatile bool _stopped;

    /// <summary>Starts the threads beside the caller's.</summary>
    /// <param name="threads">Workers, the caller among them: 1 or more.</param>
    /// <param name="level">How wide vectors are; null for <see cref="SimdLevels.Choose"/>.</param>
    public WorkerPool(int threads, SimdLevel? level = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Level = level ?? SimdLevels.Choose();
        ArgumentOutOfRangeException.ThrowIfGreaterThan((int)Level, (int)SimdLevels.Best, nameof(level));
        Threads = threads;
        _scratch = new NativeBuffer?[threads];
        _wake = new ManualResetEventSlim[threads - 1];
        _workers = new Thread[threads - 1];
        for (var i = 0; i < _workers.Length; i++)
        {
            var worker = i + 1;
            _wake[i] = new ManualResetEventSlim(false, SpinsBeforeBlocking);
            _workers[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"kernel worker {worker}" };
            _workers[i].Start();
        }
    }

    /// <summary>Workers, the caller among them.</summary>
    public int Threads { get; }

    /// <summary>How wide the vectors are that kernels use.</summary>
    public SimdLevel Level { get; }

    /// <summary>Runs all jobs and returns when they are done.</summary>
    /// <param name="jobs">Their number; 0 for none.</param>
    /// <param name="body">Takes the job's index, and the worker's below <see cref="Threads"/>.</param>
    /// <exception cref="InvalidOperationException">Called from inside of a job.</exception>
    /// <remarks>An exception of a job is thrown again here; jobs that had not begun are left out then.</remarks>
    public void Run(int jobs, Action<int, int> body)
    {
        ObjectDisposedException.ThrowIf(_stopped, this);
        if (_running)
            throw new InvalidOperationException("a job may not start jobs");
        _running = true;
        try
        {
            if (Threads == 1 || jobs <= 1)
                for (var job = 0; job < jobs; job++)
                    body(job, 0);
            else
                RunTogether(new Round(jobs, body));
        }
        finally
        {
            _running = false;
        }
    }

    /// <summary>Runs a body for each row, some rows in a job: single rows are too short to be handed out.</summary>
    public void RunRows(int rows, Action<int> body)
    {
        var block = Math.Clamp(rows / (8 * Threads), 1, 64);
        Run((rows + block - 1) / block, (job, _) =>
        {
            for (var row = job * block; row < Math.Min(rows, (job + 1) * block); row++)
                body(row);
        });
    }

    /// <summary>Memory of a worker, for the time of a job. What it holds is whatever was there.</summary>
    /// <param name="worker">As the job was told.</param>
    /// <param name="length">Values that are needed.</param>
    public float* Scratch(int worker, long length) => Grown(ref _scratch[worker], length).Data;

    /// <summary>Memory that all jobs of a kernel share, until the next kernel asks. Asked for outside of jobs.</summary>
    /// <param name="length">Values that are needed.</param>
    public float* SharedScratch(long length) => Grown(ref _sharedScratch, length).Data;

    /// <summary>Ends the threads and frees the memory.</summary>
    public void Dispose()
    {
        if (_stopped)
            return;
        _stopped = true;
        foreach (var wake in _wake)
            wake.Set();
        foreach (var worker in _workers)
            worker.Join();
        foreach (var wake in _wake)
            wake.Dispose();
        foreach (var scratch in _scratch)
            scratch?.Dispose();
        _sharedScratch?.Dispose();
    }

    private static NativeBuffer Grown(ref NativeBuffer? buffer, long length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            buffer = null;
            buffer = new NativeBuffer(length, zeroed: false);
        }
        return buffer;
    }

    private void RunTogether(Round round)
    {
        lock (_gate)
            _round = round;
        var helpers = Math.Min(_workers.Length, round.Jobs - 1);
        for (var i = 0; i < helpers; i++)
            _wake[i].Set();
        round.Take(0);
        round.WaitForAll();
        round.Failure?.Throw();
    }

    private void Work(int worker)
    {
        var wake = _wake[worker - 1];
        while (true)
        {
            wake.Wait();
            wake.Reset();
            if (_stopped)
                return;
            Round? round;
            lock (_gate)
                round = _round;
            round?.Take(worker);
        }
    }

    /// <summary>The jobs of one call. A worker that comes late finds none left and touches nothing else.</summary>
    private sealed class Round(int jobs, Action<int, int> body)
    {
        private readonly ManualResetEventSlim _done = new(false, SpinsBeforeBlocking);
        private readonly Lock _failing = new();
        private int _next;
        private int _finished;

        public int Jobs { get; } = jobs;

        public ExceptionDispatchInfo? Failure { get; private set; }

        public void Take(int worker)
        {
            while (true)
            {
                var job = Interlocked.Increment(ref _next) - 1;
                if (job >= Jobs)
                    return;
                try
                {
                    if (Failure is null)
                        body(job, worker);
                }
                catch (Exception e)
                {
                    lock (_failing)
                        Failure ??= ExceptionDispatchInfo.Capture(e);
                }
                if (Interlocked.Increment(ref _finished) == Jobs)
                    _done.Set();
            }
        }

        public void WaitForAll() => _done.Wait();
    }
}
