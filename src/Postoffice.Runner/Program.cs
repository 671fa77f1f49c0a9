using Postoffice.Runner.Deliverer;

if (args is ["--deliver", ..]) return DelivererProgram.Run(args);
return 0;
