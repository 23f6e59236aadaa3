public import Events
public import Model

extension CampaignPace {
  /// The last day for which a move is left alone, where it is at a moment; nil where it is not.
  public func quiet(
    _ project: String, from source: CampaignMove.Place, to target: CampaignMove.Place, at now: Timestamp
  ) -> CalendarDay? {
    let (today, reaches) = (ParisTime.day(of: now), Blackout.reaches(of: project, from: source, to: target))
    return blackouts.filter { $0.from <= today && today <= $0.until && reaches.contains($0.reach) }.map(\.until).max()
  }
}

extension Blackout {
  /// All that concerns a move.
  static func reaches(of project: String, from source: CampaignMove.Place, to target: CampaignMove.Place) -> [Reach] {
    [
      .everything, .operator(source.operator), .operator(target.operator), .region(source.region),
      .region(target.region), .cluster(source.cluster), .cluster(target.cluster), .project(project),
    ]
  }
}

extension EnvironmentMigration {
  /// Whether an act takes the application from its users: not while it is to be left alone. On the way back, and where the source
  /// is lost, it is what brings it back.
  public func disturbsUsers(_ event: MigrationEvent) -> Bool {
    guard step != .rollingBack, !isSourceLost else { return false }
    switch event {
    case .done(.stopWrites, _), .cutOverBegins: return true
    default: return false
    }
  }
}

extension MigrationRefusal {
  /// It is to be left alone until the end of a day.
  public static func blackout(until day: CalendarDay) -> MigrationRefusal {
    MigrationRefusal(.blackout, "pace.blackouts", accepted: "\(day.adding(days: 1)) …")
  }
}
