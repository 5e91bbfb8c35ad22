// Built-ins that draw: curves, points, regions, shades, bars.
import Platform
import Interpreter
import Autograd
import Diagnostics
import Tensors

extension Builtin {
  static let figures: [Builtin] = [
    Builtin(
      "plot(*values, labels=none, title=none, log=false, x=none, height=12)", .figures,
      "Curves: `plot(losses)`, several with `labels`, or `plot(x, y)`; `x` gives several curves their axis, or a list one to each. `log` draws powers of ten evenly.",
      example: "plot([5, 3, 2, 1.5, 1.2, 1.1])"
    ) { call throws(Diagnostic) in
      var labels: [String] = []
      if case .list(let list) = call.value("labels") {
        labels = list.items.map { call.machine.text(of: $0) }
      }
      let given = try call.curves()
      guard !given.isEmpty else {
        throw BuiltinFault.nothingToPlot.at(call.span)
      }
      if !labels.isEmpty, labels.count != given.count {
        throw BuiltinFault.labelCount(curves: given.count, labels: labels.count).at(call.span)
      }
      let axes = try call.axes(given.count)
      for (axis, curve) in zip(axes, given) where axis.count != curve.count {
        throw BuiltinFault.axisLength(axis: axis.count, curve: curve.count).at(call.span)
      }
      let height = try call.positive("height")
      // Two curves without names are x and y.
      var series: [Figure.Series] = []
      if given.count == 2, labels.isEmpty, axes.isEmpty, given[0].count == given[1].count {
        series = [Figure.Series(name: "", x: given[0], y: given[1])]
      } else {
        series = given.enumerated().map { i, y in
          let name = i < labels.count ? labels[i] : "\(i + 1)"
          return Figure.Series(
            name: name, x: axes.isEmpty ? y.indices.map { Double($0 + 1) } : axes[i], y: y)
        }
      }
      return .host(
        FigureObject(
          .lines(
            series, title: try call.title(), isLog: try call.flag("log"),
            rows: min(height, 40))))
    },
    Builtin(
      "scatter(x, y=none, title=none)", .figures,
      "Points in a plane: a data set of two features, `scatter(X, y)` with labels, or `scatter(x1, x2)`.",
      example: "seed(0); scatter(moons(40))"
    ) { call throws(Diagnostic) in
      let (points, classes) = try call.scattered()
      return .host(
        FigureObject(.points(points, classes: classes, title: try call.title())))
    },
    Builtin(
      "animate(figure)", .figures,
      "Draws a figure in the place of the one before, as a loop goes on; where no one watches, the first and the last.",
      example: "for i in range(3) { animate(plot([i, 2*i, 3])) }"
    ) { call throws(Diagnostic) in
      guard case .host(let object) = call.value("figure"), let figure = object as? FigureObject
      else { throw call.wrong("figure", "a figure, such as plot(losses)") }
      try call.machine.animate(figure, at: call.span)
      return .none
    },
    Builtin(
      "landscape(y, x, lr=none, width=none, title=none)", .figures,
      "How `y` goes as one number `x` is changed and all else stays: the curve, its tangent where `x` is now, and with `lr` where a step lands.",
      example: "param w = 3; loss = (w - 1)^2; landscape(loss, w, lr=0.1)"
    ) { call throws(Diagnostic) in .host(FigureObject(try call.landscape())) },
    Builtin(
      "boundary(model, data, hidden=false, title=none)", .figures,
      "Which class a model gives each place of the plane, with the data over it. One output counts as a yes above 0. `hidden=true` shows what each unit of the first hidden layer makes of the plane.",
      example: "seed(0); boundary(mlp(2, [4], 2), xor())"
    ) { call throws(Diagnostic) in
      let data = try call.dataset("data")
      guard data.x.shape.rank == 2, data.x.shape[1] == 2 else {
        throw BuiltinFault.notTwoFeatures(data.x.shape).at(call.span)
      }
      let (points, classes) = try call.points(data)
      if try call.flag("hidden") { return .host(FigureObject(try call.panels(points))) }
      let (labels, columns, box) = try call.regions(points)
      return .host(
        FigureObject(
          .regions(
            labels, columns: columns, box: box, points, classes: classes,
            title: try call.title())))
    },
    Builtin(
      "heatmap(x, title=none)", .figures, "A matrix as shades, dark for large numbers.",
      example: "heatmap([[1, 2, 3], [2, 4, 6], [3, 6, 9]])"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      let dims = x.shape.dims.filter { $0 != 1 }
      guard dims.count <= 2, x.shape.count > 0 else {
        throw BuiltinFault.notMatrix(x.shape).at(call.span)
      }
      let columns = dims.last ?? 1
      return .host(
        FigureObject(
          .cells(
            x.value.values, rows: x.shape.count / columns, columns: columns,
            title: try call.title())))
    },
    Builtin(
      "hist(x, bins=10, title=none)", .figures,
      "How many numbers fall into each of `bins` equal ranges.",
      example: "seed(0); hist(randn(200), bins=6)"
    ) { call throws(Diagnostic) in
      let values = try call.node("x").value.values.filter { $0.isDrawable }
      let bins = try call.positive("bins")
      guard bins <= 200 else {
        throw BuiltinFault.tooManyBins(bins).at(call.span)
      }
      guard let low = values.min(), let high = values.max() else {
        throw BuiltinFault.nothingToCount.at(call.span)
      }
      var counts = [Int](repeating: 0, count: bins)
      let width = high > low ? high - low : Double(bins)
      for x in values { counts[min(bins - 1, Int((x - low) / width * Double(bins)))] += 1 }
      return .host(
        FigureObject(
          .bins(
            counts, low: low, high: low + width, title: try call.title())))
    },
  ]
}

extension BuiltinCall {
  fileprivate func title() throws(Diagnostic) -> String { has("title") ? try text("title") : "" }

  /// The curves among the arguments: tensors of rank 1, lists of numbers, or lists of curves.
  fileprivate func curves() throws(Diagnostic) -> [[Double]] {
    func curve(_ value: Value) throws(Diagnostic) -> [[Double]] {
      switch value {
      case .tensor(let node) where node.shape.rank <= 1: return [node.value.values]
      case .tensor(let node) where node.shape.rank == 2:
        let (rows, width) = (node.shape[0], node.shape[1])
        return (0..<rows).map { Array(node.value.values[($0 * width)..<(($0 + 1) * width)]) }
      case .list(let list):
        var numbers: [Double] = []
        for item in list.items {
          switch item {
          case .number(let n): numbers.append(n)
          case .tensor(let node) where node.shape.count == 1: numbers.append(node.value[0])
          default:
            var curves: [[Double]] = []
            for item in list.items { curves += try curve(item) }
            return curves
          }
        }
        return [numbers]
      default: throw BuiltinFault.notPlottable(value.kind).at(span)
      }
    }
    var curves: [[Double]] = []
    for value in rest { curves += try curve(value) }
    return curves
  }

  /// What `x` gives: an axis for each curve, the same for all or one each; none if it is left out.
  fileprivate func axes(_ count: Int) throws(Diagnostic) -> [[Double]] {
    guard has("x") else { return [] }
    func isOne(_ value: Value) -> Bool {
      switch value {
      case .number: true
      case .tensor(let node): node.shape.rank == 0
      default: false
      }
    }
    if case .list(let list) = value("x"), !list.items.allSatisfy(isOne) {
      var axes: [[Double]] = []
      for item in list.items { axes.append(try numbers(in: item)) }
      guard axes.count == count else {
        throw BuiltinFault.axisCount(axes: axes.count, curves: count).at(span)
      }
      return axes
    }
    let axis = try numbers("x")
    return [[Double]](repeating: axis, count: count)
  }

  // MARK: Landscapes

  /// A value as one number below it is moved to the left and right.
  fileprivate func landscape() throws(Diagnostic) -> Figure {
    let (rootName, name) = (sourceName("y") ?? "y", sourceName("x") ?? "x")
    let root = try machine.tracked(value("y"), sourceName("y"), span)
    if case .number = value("x") {
      throw GradientFault.plainInput(name, of: rootName).at(span)
    }
    let (leaf, offset) = try place("x")
    guard root.shape.count == 1 else { throw wrong("y", "a single number, such as a loss") }
    guard leaf.isLeaf, leaf.isTracked else { throw wrong("x", "a parameter, or an entry of one") }
    // What was stepped since is gone through again for this look, and put back.
    return try tensors { () throws(TensorError) in
      try graph.refreshed(root) { () throws(TensorError) in
        Result { () throws(Diagnostic) in try landscape(root, leaf, offset, rootName, name) }
      }
    }.get()
  }

  private func landscape(
    _ root: Node, _ leaf: Node, _ offset: Int, _ rootName: String, _ name: String
  ) throws(Diagnostic) -> Figure {
    let found: Tensor?
    do throws(GradientError) { found = try graph.gradients(of: root)(leaf) } catch {
      throw GradientFault(error, graph, name: rootName).at(span)
    }
    guard let gradient = found?[offset] else {
      throw GradientFault.constant(value: rootName, variable: name).at(span)
    }
    let (here, height) = (leaf.value[offset], root.value[0])
    let rate = has("lr") ? try double("lr") : nil
    let landing = rate.map { here - $0 * gradient }
    // As wide as the step is long, and never narrower than the number itself.
    var reach = has("width") ? try double("width") : max(1, abs(here))
    if let landing, landing.isDrawable, !has("width") {
      reach = max(reach, 1.25 * abs(landing - here))
    }
    guard reach > 0, reach.isDrawable else { throw wrong("width", "a number above 0") }
    let count = 97
    let xs = (0..<count).map { here + reach * (2 * Double($0) / Double(count - 1) - 1) }
    let places = xs + [landing ?? here]
    let ys = try tensors { () throws(TensorError) in
      try graph.trial(root, leaf, offset: offset, places)
    }
    let curve = Figure.Series(name: rootName, x: xs, y: Array(ys.dropLast()))
    let drawn = curve.y.filter { $0.isDrawable }
    let (low, high) = (drawn.min() ?? 0, drawn.max() ?? 1)
    // The tangent as far as the curve's own height lets it be seen.
    let slack = 0.05 * (high - low)
    let tangent = xs.map { ($0, height + gradient * ($0 - here)) }
      .filter { $0.1 >= low - slack && $0.1 <= high + slack }
    var series = [curve]
    if tangent.count > 1 {
      series.append(
        Figure.Series(name: "tangent", x: tangent.map { $0.0 }, y: tangent.map { $0.1 }))
    }
    var marks = [
      Figure.Mark(
        x: here, y: height,
        name: "\(name) = \(machine.format(here)), slope \(machine.format(gradient))")
    ]
    if let landing, let rate, let after = ys.last {
      marks.append(
        Figure.Mark(
          x: landing, y: after,
          name:
            "a step with lr=\(machine.format(rate)) lands at \(machine.format(landing)): \(rootName) \(machine.format(after))"
        ))
    }
    let title = has("title") ? try text("title") : "\(rootName) as \(name) changes"
    return .lines(series, title: title, isLog: false, rows: 14, marks: marks)
  }

  /// A leaf of one number, or the entry of a leaf that `W[0, 2]` takes out.
  private func place(_ name: String) throws(Diagnostic) -> (Node, offset: Int) {
    guard case .tensor(let node) = value(name), node.shape.count == 1 else {
      throw wrong(name, "one number: a parameter, or an entry such as W[0, 2]")
    }
    if node.isLeaf { return (node, 0) }
    if case .copies(let selection) = node.op.links, case .node(let leaf) = node.operand(0),
      let call = try? node.call(), let offset = try? selection(call).offsets.first
    {
      return (leaf, offset)
    }
    return (node, 0)
  }

  // MARK: Hidden units

  /// What each unit of the first hidden layer makes of the plane around the points.
  fileprivate func panels(_ points: [Figure.Point]) throws(Diagnostic) -> Figure {
    guard case .layer(let model) = value("model"), model.isSequence, model.stages.count > 2 else {
      throw wrong("model", "a sequence with a hidden layer")
    }
    let isBent: Bool =
      switch model.stages[1] {
      case .layer(let layer): layer.parameters.isEmpty
      default: true
      }
    let first = LayerObject(sequence: Array(model.stages.prefix(isBent ? 2 : 1)))
    let (columns, rows) = (17, 8)
    let (grid, _) = plane(points, columns, rows)
    let input = try made { () throws(TensorError) in
      try Tensor(grid, shape: Shape([rows * columns, 2]), dtype: machine.dtype)
    }
    guard case .tensor(let result) = try measured(.layer(first), input), result.shape.rank == 2
    else { throw BuiltinFault.scoresMissing(points: rows * columns).at(span) }
    let (values, units) = (result.value.values, result.shape[1])
    let panels = (0..<min(units, 12)).map { unit in
      (
        title: "unit \(unit)", values: (0..<rows * columns).map { values[$0 * units + unit] }
      )
    }
    let more = units > 12 ? ", the first 12 of \(units)" : ""
    let title = has("title") ? try text("title") : "what the hidden units make of the plane\(more)"
    return .panels(panels, columns: columns, title: title)
  }

  /// Places on a grid around some points, row by row from the top, and the part of the plane that it covers.
  private func plane(_ points: [Figure.Point], _ columns: Int, _ rows: Int) -> (
    [Double], Figure.Box
  ) {
    let (xs, ys) = (
      points.map { $0.x }.filter { $0.isDrawable }, points.map { $0.y }.filter { $0.isDrawable }
    )
    let (left, right) = (xs.min() ?? 0, xs.max() ?? 1)
    let (bottom, top) = (ys.min() ?? 0, ys.max() ?? 1)
    let (dx, dy) = (0.08 * max(right - left, 1e-9), 0.08 * max(top - bottom, 1e-9))
    let box = Figure.Box(left: left - dx, right: right + dx, bottom: bottom - dy, top: top + dy)
    var grid: [Double] = []
    for row in 0..<rows {
      for column in 0..<columns {
        grid.append(box.left + (box.right - box.left) * Double(column) / Double(columns - 1))
        grid.append(box.top - (box.top - box.bottom) * Double(row) / Double(rows - 1))
      }
    }
    return (grid, box)
  }

  fileprivate func points(_ data: DatasetObject) throws(Diagnostic) -> ([Figure.Point], [String]) {
    let (x, y) = (data.x.value, data.y.value.values)
    let points = y.indices.map { i in
      Figure.Point(x: x[2 * i], y: x[2 * i + 1], label: Int(whole: y[i]).map { max(0, $0) } ?? 0)
    }
    let count = (points.map { $0.label }.max() ?? 0) + 1
    // More kinds than marks: the targets are no classes.
    guard count <= 100 else {
      return (points.map { Figure.Point(x: $0.x, y: $0.y, label: 0) }, [])
    }
    let names = data.classes.isEmpty ? (0..<count).map { "class \($0)" } : data.classes
    return (points, names)
  }

  fileprivate func scattered() throws(Diagnostic) -> ([Figure.Point], [String]) {
    if let data = value("x").dataset {
      guard data.x.shape.rank == 2, data.x.shape[1] == 2 else {
        throw BuiltinFault.tooManyFeatures(data.x.shape).at(span)
      }
      return try points(data)
    }
    let x = try node("x").value
    guard has("y") else {
      guard x.rank == 2, x.shape[1] == 2 else {
        throw BuiltinFault.notPoints(x.shape).at(span)
      }
      let points = (0..<x.shape[0]).map { Figure.Point(x: x[2 * $0], y: x[2 * $0 + 1], label: 0) }
      return (points, [])
    }
    let y = try node("y").value
    if x.rank == 2, x.shape[1] == 2, y.count == x.shape[0] {
      return try points(
        DatasetObject(x: try node("x"), y: try node("y"), features: [], classes: []))
    }
    guard x.rank == 1, y.shape == x.shape else {
      throw BuiltinFault.pointsDiffer(x: x.shape, y: y.shape).at(span)
    }
    return ((0..<x.count).map { Figure.Point(x: x[$0], y: y[$0], label: 0) }, [])
  }

  /// The class that a model gives each cell of a grid around the points; eval mode, no trace in the graph.
  fileprivate func regions(_ points: [Figure.Point]) throws(Diagnostic)
    -> ([Int], Int, Figure.Box)
  {
    let (columns, rows) = (56, 20)
    let (grid, box) = plane(points, columns, rows)
    let input = try made { () throws(TensorError) in
      try Tensor(grid, shape: Shape([rows * columns, 2]), dtype: machine.dtype)
    }
    let result = try measured(value("model"), input)
    guard case .tensor(let scores) = result, scores.shape.rank > 0,
      scores.shape[0] == rows * columns
    else {
      throw BuiltinFault.scoresMissing(points: rows * columns).at(span)
    }
    let values = scores.value.values
    let width = values.count / (rows * columns)
    let labels = (0..<rows * columns).map { i -> Int in
      if width == 1 { return values[i] > 0 ? 1 : 0 }
      let row = values[(i * width)..<((i + 1) * width)]
      return (row.firstIndex(of: row.max() ?? 0) ?? row.startIndex) - row.startIndex
    }
    return (labels, columns, box)
  }
}
