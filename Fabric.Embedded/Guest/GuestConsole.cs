using System.Globalization;
using System.Threading.Channels;
using Fabric.Protocol;

namespace Fabric.Embedded.Guest;

/// <summary>
/// What the guest says and hears on its serial port: the text protocol of the test guest that runs on QEMU, so that
/// whoever reads one can read the other.
/// <code>
/// DIRTIER ready ...                                            once, after the boot
/// HB seq up=seconds dirt=pages bad=pages scans=n dseq=0 derr=0 20 times a second of its own time
/// verify       -> VERIFY pages=n bad=n blocks=0 dbad=0
/// rate n       operations a second; -1 as many as go, -2 the program's own
/// sync, quit
/// </code>
/// Lines are whole: the guest is never stopped within one.
/// </summary>
internal sealed class GuestConsole(Action<string> write, Action powerOff)
{
    private readonly Channel<string> _commands = Channel.CreateBounded<string>(Limits.Guest.SerialLinesMax);

    /// <summary>A line that was typed; false when too many wait.</summary>
    public bool TryType(string command) => _commands.Writer.TryWrite(command);

    /// <summary>The guest's turn: heartbeats that are due, commands that came.</summary>
    public void Turn(GuestSystem guest)
    {
        ref var registers = ref guest.Registers;
        if (guest.HasBooted && registers.Beats == 0)
            write(Text($"DIRTIER ready program={guest.Spec} pages={guest.Layout.ResidentPages} up={Up(guest)}"));
        if (guest.HasBooted && registers.UpMicroseconds >= registers.NextBeatMicroseconds)
            Beat(guest);
        while (_commands.Reader.TryRead(out var command))
            Execute(guest, command);
    }

    private void Beat(GuestSystem guest)
    {
        ref var registers = ref guest.Registers;
        write(Text(
            $"HB {registers.Beats++} up={Up(guest)} dirt={registers.Writes} bad={registers.Bad} scans={registers.Scans} dseq=0 derr=0"));
        const long period = Limits.Guest.HeartbeatMs * 1000L;
        registers.NextBeatMicroseconds = Math.Max(registers.NextBeatMicroseconds, registers.UpMicroseconds - period) + period;
    }

    private void Execute(GuestSystem guest, string command)
    {
        if (command.StartsWith("rate ", StringComparison.Ordinal)
            && long.TryParse(command.AsSpan(5), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var rate)
            && rate is >= Limits.Guest.RateOfProgram and <= Limits.Guest.RateMax)
        {
            guest.Registers.Rate = rate;
        }
        else if (string.Equals(command, "verify", StringComparison.Ordinal))
        {
            var found = guest.Verify();
            write(Text($"VERIFY pages={found.Pages} bad={found.Bad} blocks=0 dbad=0"));
        }
        else if (string.Equals(command, "sync", StringComparison.Ordinal))
        {
            write("SYNCED dseq=0");
        }
        else if (string.Equals(command, "quit", StringComparison.Ordinal))
        {
            write("DIRTIER quit");
            powerOff();
        }
        else if (command.Length > 0)
        {
            write($"DIRTIER error unknown command {Names.Shown(command)}");
        }
    }

    private static string Up(GuestSystem guest) => Text($"{guest.Registers.UpMicroseconds / 1e6:0.000}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
