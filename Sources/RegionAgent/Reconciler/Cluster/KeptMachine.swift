/// A placement's machine where it is kept. A machine is some kilobytes: in a table itself, it would take that much for each
/// free place as well.
final class KeptMachine {
  var machine: PlacementMachine

  init(_ machine: PlacementMachine) { self.machine = machine }
}
