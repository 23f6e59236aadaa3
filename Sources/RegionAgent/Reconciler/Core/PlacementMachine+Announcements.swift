internal import Events
internal import Model

/// What people who look at the namespace are told, French first.
extension PlacementMachine {
  /// The sorts of news.
  enum News: Sendable, Hashable {
    case contested
    case removalScheduled(Timestamp)
    case removing
    case volumesHeld(String)
  }

  mutating func announce(_ news: News, at now: Timestamp) {
    switch news {
    case .contested:
      note(
        "Contested", "Quelque chose défait sans cesse ce qui est décidé ; Régie corrige plus lentement.",
        "Something keeps undoing what was decided; Régie corrects more slowly.", at: now)
    case .removalScheduled(let moment):
      note(
        "RemovalScheduled", "Cet espace de noms sera supprimé, au plus tôt le \(moment).",
        "This namespace will be deleted, not before \(moment).", at: now)
    case .removing:
      note("Removing", "Cet espace de noms est supprimé.", "This namespace is being deleted.", at: now)
    case .volumesHeld(let found):
      note(
        "VolumesHeld", "La suppression attend : des volumes persistants restent.",
        "The removal waits, since persistent volumes remain: \(found)", at: now)
    }
  }

  /// What was just brought about, or put back.
  mutating func announceSettled(at now: Timestamp) {
    guard let desired else { return }
    if wasDelivered, !status.isApplied {
      switch desired.phase {
      case .active:
        note(
          "Applied", "La révision \(desired.version) est en place.", "Revision \(desired.version) is in place.",
          isWarning: false, at: now)
      case .frozen:
        let pods = podsInUse ?? 0
        note(
          "Frozen", "Gelé : pas plus de \(Counted.fr(pods, "pod", "pods")).",
          "Frozen: no more than \(Counted.en(pods, "pod", "pods")).", at: now)
      case .draining, .removed: break
      }
    }
    if desired.phase == .draining, !status.isApplied {
      note(
        "Draining", "Cet espace de noms est à vider par son équipe ; rien n’y grandit plus.",
        "This namespace is to be emptied by its team; nothing grows in it any more.", at: now)
    }
    announceCorrected(allBut: [], at: now)
  }

  /// What was just put back, but for what these objects are not.
  mutating func announceCorrected(allBut wrong: Set<String>, at now: Timestamp) {
    let open = drifts.entries.filter { $0.correctedAt == nil && !wrong.contains($0.object) }.map {
      $0.path.isEmpty ? $0.object : "\($0.object) \($0.path)"
    }
    if let first = open.first {
      let others = open.count > 1 ? " (+\(open.count - 1))" : ""
      note(
        "DriftCorrected", "Remis en place : \(first)\(others).", "Put back: \(first)\(others).", isWarning: false,
        at: now)
    }
  }

  private mutating func note(
    _ reason: String, _ french: String, _ english: String, isWarning: Bool = true, at now: Timestamp
  ) {
    // Nothing is written into another's namespace but what was asked for.
    guard let desired, desired.mode == .own else { return }
    notes.add(
      Announcement(
        namespace: desired.namespace, uid: namespaceFacts?.uid, reason: reason,
        message: "\(french) / \(english)".cut(to: 1000), isWarning: isWarning),
      at: now)
  }
}
