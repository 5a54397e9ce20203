using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Tests.Trainer.Engines.Kernels;

public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Each_job_runs_once_on_a_worker_of_the_pool(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (var jobs = 0; jobs < 60; jobs++)
        {
            var runs = new int[jobs];
            pool.Run(jobs, (job, worker) =>
            {
                Assert.InRange(worker, 0, threads - 1);
                Interlocked.Increment(ref runs[job]);
            });
            Assert.All(runs, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Workers_that_slept_wake_up_and_take_part()
    {
        using var pool = new WorkerPool(2);
        Thread.Sleep(50);
        // Each of the two jobs waits for the other: one thread alone could not pass.
        using var meeting = new Barrier(2);
        var met = new bool[2];
        pool.Run(2, (job, _) => met[job] = meeting.SignalAndWait(TimeSpan.FromSeconds(30)));
        Assert.Equal([true, true], met);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_of_a_job_reaches_the_caller_and_the_pool_goes_on(int threads)
    {
        using var pool = new WorkerPool(threads);
        var error = Assert.Throws<FormatException>(() => pool.Run(100, (job, _) =>
        {
            if (job == 7)
                throw new FormatException("job 7");
        }));
        Assert.Equal("job 7", error.Message);
        var count = 0;
        pool.Run(100, (_, _) => Interlocked.Increment(ref count));
        Assert.Equal(100, count);
    }

    [Fact]
    public void A_job_that_starts_jobs_is_refused()
    {
        using var pool = new WorkerPool(2);
        Assert.Throws<InvalidOperationException>(() => pool.Run(4, (_, _) => pool.Run(1, (_, _) => { })));
    }

    [Fact]
    public void Workers_have_scratch_memory_of_their_own()
    {
        using var pool = new WorkerPool(3);
        var clashes = 0;
        pool.Run(300, (job, worker) =>
        {
            var scratch = new Span<float>(pool.Scratch(worker, 100 + job), 100 + job);
            scratch.Fill(job);
            Thread.Yield();
            if (scratch.ContainsAnyExcept(job))
                Interlocked.Increment(ref clashes);
        });
        Assert.Equal(0, clashes);
    }
}
