namespace Fabric.Transport.Pages.Work;

/// <summary>Where the encoder waits for the target's answer.</summary>
internal interface IAnswerSource
{
    /// <summary>The target is about to be told of so many pages; its answer may come at any time from now on.</summary>
    void Expect(int pages);

    /// <summary>Sends what was written so far, waits, and returns the complete answer.</summary>
    /// <exception cref="PageWorkException">There is none, or it cannot be read.</exception>
    AnswerReader Wait();
}
