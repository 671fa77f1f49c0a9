using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Postoffice.MicroBenchmarks;

// What single steps cost, with allocations: `scripts/bench --micro [NAME...]`. Runs in this process, under the JIT: the services are NativeAOT, so
// ratios and octets carry over, times only nearly. `--dry` runs each once, to see that it
// works; scripts/test does.
var isDry = args is ["--dry", ..];
var job = (isDry ? Job.Dry : Job.ShortRun).WithToolchain(InProcessEmitToolchain.Instance);
var names = args.Where(argument => argument != "--dry").ToArray();
var folder = Path.Join(Path.GetTempPath(), "postoffice-micro");
var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddLogger(ConsoleLogger.Ascii)
    .AddExporter(MarkdownExporter.GitHub)
    .WithArtifactsPath(folder)
    .WithOptions(ConfigOptions.JoinSummary | (isDry ? ConfigOptions.DisableOptimizationsValidator : ConfigOptions.Default));
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Lines).Assembly).Run(["--filter", .. names.Length == 0 ? ["*"] : names.Select(name => $"*{name}*")], config);
return summaries.Any() && summaries.All(summary => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success)) ? 0 : 1;
