using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Relay;

/// <summary>Page work of both relays.</summary>
internal sealed record RelayRigWork(
    PageWorkOptions? Source, PageWorkOptions? Target, TransferStore? SourceStore = null,
    TransferStore? TargetStore = null);
