using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Postoffice.Architecture.Tests;

/// <summary>One of our assemblies as it was compiled: who uses what, also where the source hides it behind <c>var</c>.</summary>
internal sealed class CompiledAssembly
{
    private static readonly TypeNames Names = new();
    private readonly MetadataReader reader;
    private readonly PEReader image;

    private CompiledAssembly(PEReader opened)
    {
        image = opened;
        reader = opened.GetMetadataReader();
    }

    /// <summary>All uses in the assembly beside the tests, each once.</summary>
    /// <param name="fileName">For example <c>Postoffice.Store.dll</c>.</param>
    public static IReadOnlyList<Use> UsesIn(string fileName)
    {
        using var file = new FileStream(Path.Join(AppContext.BaseDirectory, fileName), FileMode.Open, FileAccess.Read);
        using var opened = new PEReader(file);
        return [.. new CompiledAssembly(opened).Uses().Distinct()];
    }

    private IEnumerable<Use> Uses() =>
        from handle in reader.TypeDefinitions
        let outermost = TypeNames.NameOf(reader, handle).Split('+')[0]
        from used in UsedBy(reader.GetTypeDefinition(handle))
        where used.Type.Split('+')[0] != outermost
        select new Use(outermost, used.Type, used.Member);

    private IEnumerable<(string Type, string Member)> UsedBy(TypeDefinition type)
    {
        var interfaces = type.GetInterfaceImplementations().Select(i => reader.GetInterfaceImplementation(i).Interface);
        var attributes = type.GetCustomAttributes().Select(a => reader.GetCustomAttribute(a).Constructor);
        var named = interfaces.Append(type.BaseType).Concat(attributes).SelectMany(Named);
        var fields = type.GetFields().SelectMany(f => Bare(reader.GetFieldDefinition(f).DecodeSignature(Names, null)));
        var methods = type.GetMethods().SelectMany(m => UsedBy(reader.GetMethodDefinition(m)));
        return named.Concat(fields).Concat(methods);
    }

    private IEnumerable<(string Type, string Member)> UsedBy(MethodDefinition method)
    {
        var signature = method.DecodeSignature(Names, null);
        var used = Bare(signature.ParameterTypes.Aggregate(signature.ReturnType, (all, one) => all.Union(one)));
        if (method.RelativeVirtualAddress == 0) return used; // abstract or native: no code

        var body = image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            var locals = reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(Names, null);
            used = used.Concat(locals.SelectMany(Bare));
        }

        return used.Concat(IntermediateLanguage.HandlesIn(body.GetILBytes()!).SelectMany(Named));
    }

    private IEnumerable<(string Type, string Member)> Named(EntityHandle handle)
    {
        if (handle.IsNil) return [];
        switch (handle.Kind)
        {
            case HandleKind.TypeReference: return Bare([TypeNames.NameOf(reader, (TypeReferenceHandle)handle)]);
            case HandleKind.TypeDefinition: return Bare([TypeNames.NameOf(reader, (TypeDefinitionHandle)handle)]);
            case HandleKind.TypeSpecification: return Bare(Names.GetTypeFromSpecification(reader, null, (TypeSpecificationHandle)handle, 0));
            case HandleKind.MemberReference:
                var member = reader.GetMemberReference((MemberReferenceHandle)handle);
                return Named(member.Parent).Select(parent => (parent.Type, reader.GetString(member.Name)));
            case HandleKind.MethodDefinition:
                var method = reader.GetMethodDefinition((MethodDefinitionHandle)handle);
                return [(TypeNames.NameOf(reader, method.GetDeclaringType()), reader.GetString(method.Name))];
            case HandleKind.FieldDefinition:
                var field = reader.GetFieldDefinition((FieldDefinitionHandle)handle);
                return [(TypeNames.NameOf(reader, field.GetDeclaringType()), reader.GetString(field.Name))];
            case HandleKind.MethodSpecification:
                var generic = reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                return Named(generic.Method).Concat(generic.DecodeSignature(Names, null).SelectMany(Bare));
            default: throw new InvalidDataException($"a {handle.Kind} where code names a type or a member");
        }
    }

    private static IEnumerable<(string Type, string Member)> Bare(ImmutableHashSet<string> types) => types.Select(type => (type, ""));
}
