namespace Fabric.Transport.Pages.Work;

/// <summary>Where the encoder waits for the target's answer.</summary>
internal interface IAnswerSource
{
    /// <summary>
    /// Sends what was written so far, waits, and returns the complete answer.
    /// </summary>
    /// <param name="pages">Pages of the guest.</param>
    /// <exception cref="PageWorkException">There is none, or it cannot be read.</exception>
    AnswerReader Wait(int pages);
}
