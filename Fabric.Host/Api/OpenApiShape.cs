using Fabric.Protocol;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fabric.Host.Api;

/// <summary>A parameter of a route's query, for its description.</summary>
internal sealed record QueryParameter(string Name, string Description);

/// <summary>
/// What the description cannot find out by itself: our handlers read their input themselves, and names have a
/// converter.
/// </summary>
internal static class OpenApiShape
{
    private const string NamePattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

    public static void Apply(OpenApiOptions options)
    {
        options.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info.Title = "Fabric";
            document.Info.Version = HostRoutes.Version;
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer(static (schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(MacAddress) || type == typeof(HostAddress) || type == typeof(InterfaceAddress))
                schema.Type = JsonSchemaType.String;
            if (type == typeof(VmId) || type == typeof(HostId) || type == typeof(MigrationId) || type == typeof(DiskId))
            {
                schema.Type = JsonSchemaType.String;
                schema.Pattern = NamePattern;
                schema.MaxLength = Limits.Names.LengthMax;
            }

            return Task.CompletedTask;
        });
        options.AddOperationTransformer(static (operation, context, _) =>
        {
            operation.Parameters ??= [];
            foreach (var part in (context.Description.RelativePath ?? "").Split('/').Where(p => p.StartsWith('{')))
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = part.Trim('{', '}'),
                    In = ParameterLocation.Path,
                    Required = true,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = NamePattern },
                });
            }

            foreach (var query in context.Description.ActionDescriptor.EndpointMetadata.OfType<QueryParameter>())
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = query.Name,
                    In = ParameterLocation.Query,
                    Description = query.Description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }

            return Task.CompletedTask;
        });
    }
}
