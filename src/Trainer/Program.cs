namespace LoraLint.Trainer;

/// <summary>The trainer's entry: <c>loralint train</c> and its siblings start it as a process.</summary>
public static class Program
{
    /// <summary>Runs a command.</summary>
    public static int Main(string[] args)
    {
        Console.Error.WriteLine("error: loralint-trainer is started by `loralint train`");
        return 2;
    }
}
