using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static Fabric.Host.Api.RequestValues;

namespace Fabric.Host.Api;

/// <summary>/api/v1/vms.</summary>
internal static class VmRoutes
{
    public static void Map(
        IEndpointRouteBuilder routes, FabricService service, MigrationPolicy defaults, TimeProvider time)
    {
        routes.Route("GET", "/vms", context => ListAsync(context, service))
            .WithName("ListVms").Produces<VmPage>()
            .WithMetadata(new QueryParameter("after", "the last name of the page before"))
            .WithMetadata(new QueryParameter("limit", "1 to 200"));
        routes.Route("POST", "/vms", context => CreateAsync(context, service, time))
            .WithName("CreateVm").Accepts<CreateVmRequest>("application/json").Produces<VmSummary>(201);
        routes.Route("GET", "/vms/{vm}", async context =>
            {
                AllowQuery(context);
                return Ok(await service.GetVmAsync(Name<VmId>(context, "vm"), context.RequestAborted));
            })
            .WithName("GetVm").Produces<VmSummary>();
        routes.Route("DELETE", "/vms/{vm}", async context =>
            {
                AllowQuery(context);
                await service.DeleteVmAsync(Name<VmId>(context, "vm"), context.RequestAborted);
                return Results.NoContent();
            })
            .WithName("DeleteVm").Produces(204);
        routes.Route("GET", "/vms/{vm}/wws", async context =>
            {
                AllowQuery(context, "interval");
                var interval = Number(
                    context, "interval", Limits.Convergence.WwsIntervalMsMin, Limits.Convergence.WwsIntervalMsMax);
                return Results.Json(
                    await service.MeasureDirtyingAsync(
                        Name<VmId>(context, "vm"), (int)(interval ?? 1_000), context.RequestAborted),
                    ApiJson.Default.DirtyingSample);
            })
            .WithName("MeasureDirtying").Produces<DirtyingSample>()
            .WithMetadata(new QueryParameter("interval", "how long it is watched, in milliseconds"));
        routes.Route("POST", "/vms/{vm}/start", async context =>
            {
                var vm = Name<VmId>(context, "vm");
                await StrictJson.ReadOptionalAsync(context, ApiJson.Default.NothingRequest, time);
                return Accepted(await service.StartVmAsync(vm, context.RequestAborted));
            })
            .WithName("StartVm").Produces<VmSummary>(202);
        routes.Route("POST", "/vms/{vm}/stop", async context =>
            {
                var vm = Name<VmId>(context, "vm");
                var asked = await StrictJson.ReadOptionalAsync(context, ApiJson.Default.StopVmRequest, time);
                return Accepted(await service.StopVmAsync(vm, asked?.Force ?? false, context.RequestAborted));
            })
            .WithName("StopVm").Accepts<StopVmRequest>(isOptional: true, "application/json").Produces<VmSummary>(202);
        routes.Route("POST", "/vms/{vm}/recover", async context =>
            {
                var vm = Name<VmId>(context, "vm");
                await StrictJson.ReadOptionalAsync(context, ApiJson.Default.NothingRequest, time);
                var text = await service.RecoverVmAsync(vm, context.RequestAborted);
                return Results.Json(new Done(text), ApiJson.Default.Done, statusCode: 202);
            })
            .WithName("RecoverVm").Produces<Done>(202);
        routes.Route("POST", "/vms/{vm}/migrations", context => MigrateAsync(context, service, defaults, time))
            .WithName("Migrate").Accepts<MigrateRequest>("application/json").Produces<MigrationSummary>(202);
    }

    private static async Task<IResult> ListAsync(HttpContext context, FabricService service)
    {
        AllowQuery(context, "after", "limit");
        var limit = (int)(Number(context, "limit", 1, Limits.Api.PageMax) ?? Limits.Api.PageDefault);
        var page = await service.ListVmsAsync(Named<VmId>(context, "after")?.Value, limit, context.RequestAborted);
        return Results.Json(page, ApiJson.Default.VmPage);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, FabricService service, TimeProvider time)
    {
        AllowQuery(context);
        var asked = await StrictJson.ReadAsync(context, ApiJson.Default.CreateVmRequest, time);
        var empty = new VmSpec { Id = Name<VmId>(asked.Name, "name"), MemoryKiB = asked.MemoryKiB };
        var spec = empty with
        {
            Vcpus = asked.Vcpus ?? empty.Vcpus,
            Machine = asked.Machine ?? (asked.Program is null ? VmSpec.QemuMachine : VmSpec.EmbeddedMachine),
            Kernel = asked.Kernel,
            Initrd = asked.Initrd,
            Append = asked.Append,
            Program = asked.Program,
            Devices = asked.Devices ?? [],
            Disks = VmShapes.Disks(asked.Disks),
            Network = VmShapes.Network(asked.Network),
        };
        if (spec.Devices.Any(static device => device is null))
            throw new RequestException(400, "malformed", "At $.devices: null is not a device.", "Leave it out.");
        var vm = await service.CreateVmAsync(spec, Name<HostId>(asked.Host, "host"), context.RequestAborted);
        context.Response.Headers.Location = $"/api/v1/vms/{vm.Name}";
        return Results.Json(vm, ApiJson.Default.VmSummary, statusCode: 201);
    }

    private static async Task<IResult> MigrateAsync(
        HttpContext context, FabricService service, MigrationPolicy defaults, TimeProvider time)
    {
        AllowQuery(context);
        var vm = Name<VmId>(context, "vm");
        var asked = await StrictJson.ReadAsync(context, ApiJson.Default.MigrateRequest, time);
        var target = Name<HostId>(asked.Target, "target");
        var policy = Policies.With(defaults, asked.Policy);
        var named = VmShapes.Addresses(asked.NamedAddresses, "namedAddresses");
        var migration = await service.MigrateAsync(vm, target, policy, context.RequestAborted, named);
        context.Response.Headers.Location = $"/api/v1/migrations/{migration.Id}";
        return Results.Json(migration, ApiJson.Default.MigrationSummary, statusCode: 202);
    }

    private static IResult Ok(VmSummary vm) => Results.Json(vm, ApiJson.Default.VmSummary);

    private static IResult Accepted(VmSummary vm) =>
        Results.Json(vm, ApiJson.Default.VmSummary, statusCode: 202);
}
