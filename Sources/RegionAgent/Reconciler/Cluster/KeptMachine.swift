internal import Events

/// A placement's machine where it is kept. A machine is some kilobytes: in a table itself, it would take that much for each
/// free place as well.
final class KeptMachine {
  var machine: PlacementMachine
  /// The words of the accepted state.
  private(set) var accepted: SignedState?
  /// Those of a newer one that is refused, and may be accepted yet.
  private var refused: SignedState?
  /// Those of states that were refused before a newer one was, the oldest first: one of them may be what an earlier life acted
  /// on, and the bus lets go of them.
  private var passed: [SignedState] = []
  /// Until the memory was read nobody knows which one that is, and so many are held, the newest.
  private static let mostPassed = 16

  init(_ machine: PlacementMachine) { self.machine = machine }

  /// Takes the words of a state that the machine was just handed, or has had before.
  func note(_ signed: SignedState?) {
    guard let signed else { return sift() }
    if signed.version == machine.acceptedVersion {
      accepted = signed
    } else if signed.version == machine.refusedState?.version {
      if let refused, refused.version < signed.version { passed = (passed + [refused]).suffix(Self.mostPassed) }
      refused = signed
    }
    settle()
  }

  /// What was refused may have been accepted since; words of other states are let go of.
  func settle() {
    if let version = refused?.version, version == machine.acceptedVersion { accepted = refused }
    if refused?.version != machine.refusedState?.version { refused = nil }
    if accepted?.version != machine.acceptedVersion { accepted = nil }
    sift()
  }

  /// The words of what an earlier life acted on, where the bus has told of it in this one and a newer state was refused since.
  var actedOn: SignedState? { passed.first { $0.version == machine.memory?.version } }

  /// Once all of the memory was read only what was acted on is of use, and not when it is found.
  private func sift() {
    guard !passed.isEmpty, machine.isRecalled, machine.memoryGap == nil else { return }
    let found = machine.acceptedVersion
    passed.removeAll { words in words.version != machine.memory?.version || found.map { words.version <= $0 } ?? false }
  }
}
