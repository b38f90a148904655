using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

public sealed class FileNetworkNotesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fab-notes-");
    private readonly FileNetworkNotes _notes;

    public FileNetworkNotesTests() => _notes = new FileNetworkNotes(Path.Combine(_directory.FullName, "net"));

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Note_of_every_kind_is_read_back_the_same()
    {
        foreach (var (kind, sample) in SampleMoves.Kinds)
        {
            var move = sample with { Vm = VmId.Of("v-" + kind.Replace(' ', '-')) };
            await using var host = new NetworkRedirector(
                new NetworkPlace(), _notes, names: null, TimeProvider.System, () => new FakeNetwork());
            await host.PrepareAsync(move, default);
            var note = _notes.Find(move.Vm, move.Role).ShouldNotBeNull();
            note.Move.Spec.SameAs(move.Spec).ShouldBeTrue();
            _notes.Keep(note with { IsActivated = true });
            var again = _notes.Find(move.Vm, move.Role).ShouldNotBeNull();
            again.Before.ShouldBe(note.Before);
            again.IsActivated.ShouldBeTrue();
        }

        _notes.Open().Count.ShouldBe(SampleMoves.Kinds.Count);
        foreach (var note in _notes.Open())
            _notes.Forget(note.Move.Vm, note.Move.Role);
        _notes.Open().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"move":1}""")]
    [InlineData("""{"before":[{"key":{"entry":"no-such-entry"}}]}""")]
    public void Damaged_note_is_an_error_and_not_no_note(string json)
    {
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "net"));
        File.WriteAllText(Path.Combine(_directory.FullName, "net", "v1.target.network.json"), json);
        Should.Throw<NetworkException>(() => _notes.Find(VmId.Of("v1"), NetworkRole.Target)).Fault.ShouldBe(NetworkFault.NotesFailed);
        Should.Throw<NetworkException>(() => _notes.Open()).Fault.ShouldBe(NetworkFault.NotesFailed);
    }

    [Fact]
    public async Task Nothing_is_changed_when_the_note_cannot_be_kept()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "net"), "a file where the directory should be");
        var kernel = new FakeNetwork();
        await using var host = new NetworkRedirector(new NetworkPlace(), _notes, names: null, TimeProvider.System, () => kernel);
        (await Should.ThrowAsync<NetworkException>(() => host.PrepareAsync(SampleMoves.Kinds["relay"], default)))
            .Fault.ShouldBe(NetworkFault.NotesFailed);
        kernel.Changes.ShouldBe(0);
    }
}
