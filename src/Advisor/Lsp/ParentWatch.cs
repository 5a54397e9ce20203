using System.ComponentModel;
using System.Diagnostics;

namespace LoraLint.Advisor.Lsp;

/// <summary>Notices when the editor is gone: one that was killed may leave our input open.</summary>
internal static class ParentWatch
{
    /// <summary>Calls <paramref name="whenGone"/> once the process has ended; one that is not there to begin with is not ours.</summary>
    public static void Start(int processId, Action whenGone)
    {
        Process parent;
        try
        {
            parent = Process.GetProcessById(processId);
        }
        catch (ArgumentException)
        {
            return;
        }

        new Thread(() =>
        {
            try
            {
                using (parent)
                    parent.WaitForExit();
                whenGone();
            }
            catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
            {
                // It may not be watched; the end of our input will tell.
            }
        }) { IsBackground = true, Name = "loralint lsp parent watch" }.Start();
    }
}
