using System.Net;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>
/// Looks on at a case between two sites: a client at the guest's address, and the kernels of hosts and routers. When it is
/// over, nothing of the guest stays in the lab, for there the next one comes.
/// </summary>
internal sealed class SitesWitness(
    SitesLab lab, VmSpec spec, FabricOperator fabric, CaseDisk? disk, CaseScreen screen, TimeProvider time)
    : ICaseWitness, IAsyncDisposable
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private readonly SitesNetworks? _networks = spec.Network is null ? null : new SitesNetworks(lab, spec);
    private AddressWatch? _address;

    /// <inheritdoc/>
    public async Task GuestRunsAsync(CancellationToken cancellation)
    {
        if (spec.Network is not { } network)
            return;
        _address = await AddressWatch.StartAsync(lab, IPAddress.Parse(network.Addresses[0].ToString()), time);
        try
        {
            await _address.Answered.WaitAsync(AnswersWithin, time, cancellation);
        }
        catch (TimeoutException e)
        {
            throw new LabException($"The guest's address {network.Addresses[0]} does not answer the client.", e);
        }

        screen.Say("the client asks the guest's address, and is answered");
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> LeftoversBut(string owner) => _networks?.LeftoversBut(owner) ?? [];

    /// <inheritdoc/>
    public async Task<AddressEvidence?> SawAsync(string owner, CancellationToken cancellation)
    {
        if (_address is null)
            return null;
        var atRest = _networks!.LeadingElsewhere(owner).ToList();
        if (!await _address.IsAnsweredAsync(cancellation))
            atRest.Add($"the client gets no answer from {spec.Network!.Addresses[0]} when all is over");
        return _address.Evidence(atRest);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellation)
    {
        try
        {
            await fabric.RemoveVmAsync(spec.Id, cancellation);
        }
        catch (LabException e)
        {
            // A migration that hangs has it: what that breaks is still to be judged. The next case gets another lab.
            return [$"the VM {spec.Id}, which could not be removed: {e.Message}"];
        }

        disk?.Remove();
        var began = time.GetTimestamp();
        while (true)
        {
            IReadOnlyList<string> left = _networks is null
                ? []
                : [.. _networks.LeftoversBut(owner: null), .. _networks.LeadingNowhere()];
            if (left.Count == 0 || time.GetElapsedTime(began) > GoneWithin)
                return [.. left.Select(l => $"{l}, when the VM was removed")];
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _address?.DisposeAsync() ?? ValueTask.CompletedTask;
}
