using Postoffice.Runner;
using Postoffice.Runner.Deliverer;

return args is ["--deliver", ..]
    ? DelivererProgram.Run(args)
    : await RunnerProgram.RunAsync(args);
