using LoraLint.Trainer.Spectra;

namespace LoraLint.Tests.Trainer.Spectra;

public sealed class SpectrumTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public void Of_n_equal_values_every_measure_is_n(int n)
    {
        var spectrum = new Spectrum(n, n, [.. Enumerable.Repeat(0.3, n)]);
        Assert.Equal(n, spectrum.EffectiveRank, 9);
        Assert.Equal(n, spectrum.StableRank, 9);
        Assert.Equal(n, spectrum.ParticipationRatio, 9);
        Assert.Equal((int)Math.Ceiling(0.9 * n), spectrum.EnergyRank(0.9));
        Assert.Equal(n, spectrum.EnergyRank(1));
    }

    // 4, 2, 1: squares 16, 4, 1 of 21; shares of the sum 4/7, 2/7, 1/7.
    [Fact]
    public void Measures_are_as_they_are_defined()
    {
        var spectrum = new Spectrum(3, 5, [4, 2, 1]);
        Assert.Equal(21, spectrum.Energy);
        Assert.Equal(21.0 / 16, spectrum.StableRank, 12);
        Assert.Equal(441.0 / (256 + 16 + 1), spectrum.ParticipationRatio, 12);
        var entropy = -((4.0 / 7 * Math.Log(4.0 / 7)) + (2.0 / 7 * Math.Log(2.0 / 7)) + (1.0 / 7 * Math.Log(1.0 / 7)));
        Assert.Equal(Math.Exp(entropy), spectrum.EffectiveRank, 12);
        Assert.Equal((1, 2, 3), (spectrum.EnergyRank(16.0 / 21), spectrum.EnergyRank(0.95), spectrum.EnergyRank(0.96)));
    }

    [Fact]
    public void A_matrix_of_zeros_has_no_directions()
    {
        var spectrum = new Spectrum(4, 4, [0, 0, 0, 0]);
        Assert.Equal(
            (0.0, 0.0, 0.0, (int?)0, 1.0),
            (spectrum.EffectiveRank, spectrum.StableRank, spectrum.ParticipationRatio, spectrum.EnergyRank(0.99), spectrum.Covered));
    }

    [Fact]
    public void Measures_do_not_depend_on_the_size_of_the_values()
    {
        double[] values = [5, 3, 3, 1, 0.2];
        var plain = new Spectrum(5, 5, values);
        foreach (var factor in new[] { 1e-120, 1e-30, 1e30, 1e120 })
        {
            var scaled = new Spectrum(5, 5, [.. values.Select(v => v * factor)]);
            Assert.Equal(plain.EffectiveRank, scaled.EffectiveRank, 9);
            Assert.Equal(plain.StableRank, scaled.StableRank, 9);
            Assert.Equal(plain.ParticipationRatio, scaled.ParticipationRatio, 9);
            Assert.Equal(plain.EnergyRank(0.95), scaled.EnergyRank(0.95));
        }
    }

    [Fact]
    public void Directions_that_were_not_computed_are_not_made_up()
    {
        // Two values hold 13 of 20.
        var spectrum = new Spectrum(10, 10, [3, 2], energy: 20);
        Assert.Equal(0.65, spectrum.Covered, 12);
        Assert.Equal(2, spectrum.EnergyRank(0.65));
        Assert.Null(spectrum.EnergyRank(0.66));
        Assert.Equal(20.0 / 9, spectrum.StableRank, 12);
    }
}
