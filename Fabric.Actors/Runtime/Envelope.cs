namespace Fabric.Actors.Runtime;

internal readonly record struct Envelope(object Message, IActorRef? Sender);
