using System.Text;
using Fabric.Embedded.Linux;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Embedded;

/// <summary>
/// A guest that outlives whoever starts it, as QEMU's <c>-daemonize</c> does it: a session of its own, so that no
/// signal to the starter's group reaches it. The starter opens descriptor 3 and reads it to its end: <c>ready</c>, or
/// why not.
/// </summary>
public sealed class Daemon : IDisposable
{
    /// <summary>What is written when the machine can be talked to.</summary>
    public const string ReadyWord = "ready";

    private const int AnswerDescriptor = 3;
    private const uint OwnerOnly = 0x3F;

    private readonly FileStream _answer;

    private Daemon(FileStream answer) => _answer = answer;

    /// <summary>Leaves the starter's session.</summary>
    /// <exception cref="IOException">Descriptor 3 is not open.</exception>
    public static Daemon Begin()
    {
        var answer = new FileStream(new SafeFileHandle(AnswerDescriptor, ownsHandle: true), FileAccess.Write, bufferSize: 0);

        // Fails when it leads a session already, which is as good.
        _ = LibC.NewSession();
        return new Daemon(answer);
    }

    /// <summary>Only the owner may connect to what is made from here on.</summary>
    public static void KeepPrivate() => _ = LibC.FileMask(OwnerOnly);

    /// <summary>The starter may go on.</summary>
    public void Answer(string what)
    {
        _answer.Write(Encoding.UTF8.GetBytes(what));
        _answer.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _answer.Dispose();
}
