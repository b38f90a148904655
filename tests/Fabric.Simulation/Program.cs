using Fabric.Simulation.Plans;
using Fabric.Simulation.World;
var world = new SimWorld(new Plan { Seed = 42 }, null, true);
try { world.Play(); } catch (Exception e) { Console.WriteLine(e); }
foreach (var l in world.TraceLines) Console.WriteLine(l);
var t = System.Diagnostics.Stopwatch.StartNew();
var n = 0;
for (var i = 0; i < 5000; i++) { var w = new SimWorld(new Plan { Seed = i, Moves = [new Move(0, 10, 1), new Move(0, 10, 1), new Move(0, 10, 1)] }, null, false); w.Play(); n += w.Migrations; }
Console.WriteLine($"{n} in {t.Elapsed}");
