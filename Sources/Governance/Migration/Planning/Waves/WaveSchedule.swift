/// Which move is in which wave.
struct WaveSchedule {
  /// One wave.
  struct Wave {
    var day: Int
    var movers: [Int]
  }

  var waves: [Wave] = []
  /// The movers that have a target, and no wave: for want of room, or of days.
  var stranded: [Int] = []
  /// Whether it was the days that ended.
  var isOutOfDays = false
  /// What is promised when everything is done.
  var rooms: RoomBook
  /// By site, the most that was promised at any moment, resource by resource.
  var peaks: [Load]

  init(_ rooms: RoomBook) {
    self.rooms = rooms
    peaks = rooms.committed
  }
}
