namespace LoraLint.Advisor.Advice.Curves;

/// <summary>A value that a run logged.</summary>
/// <param name="Step">The optimizer step, from 0.</param>
/// <param name="Value">The value; may be no finite number.</param>
internal readonly record struct CurvePoint(int Step, double Value);
