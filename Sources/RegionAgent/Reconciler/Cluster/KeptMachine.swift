internal import Events

/// A placement's machine where it is kept. A machine is some kilobytes: in a table itself, it would take that much for each
/// free place as well.
final class KeptMachine {
  var machine: PlacementMachine
  /// The words of the accepted state.
  private(set) var accepted: SignedState?
  /// Those of a newer one that is refused, and may be accepted yet.
  private var refused: SignedState?

  init(_ machine: PlacementMachine) { self.machine = machine }

  /// Takes the words of a state that the machine was just handed, or has had before; nil where none came along.
  func note(_ signed: SignedState?) {
    guard let signed else { return settle() }
    if signed.version == machine.acceptedVersion {
      accepted = signed
    } else if signed.version == machine.refusedState?.version {
      refused = signed
    }
    settle()
  }

  /// What was refused may have been accepted since; words of other states are let go of.
  func settle() {
    if let version = refused?.version, version == machine.acceptedVersion { accepted = refused }
    if refused?.version != machine.refusedState?.version { refused = nil }
    if accepted?.version != machine.acceptedVersion { accepted = nil }
  }
}
