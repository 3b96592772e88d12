from campaign_crm.shell.charts import HEIGHT, WIDTH, columns_of


def test_highest_value_fills_the_height() -> None:
    columns = columns_of([("Monday", 5), ("Tuesday", 10)])
    assert [(column.height, column.y) for column in columns] == [(HEIGHT / 2, HEIGHT / 2), (HEIGHT, 0)]


def test_columns_stay_within_the_width() -> None:
    columns = columns_of([(str(day), day) for day in range(30)])
    assert columns[-1].x + columns[-1].width <= WIDTH
    assert sum(column.shows_label for column in columns) <= 7
    assert columns[-1].shows_label


def test_a_small_value_is_still_seen_and_zero_is_not() -> None:
    small, zero, _large = columns_of([("a", 1), ("b", 0), ("c", 100_000)])
    assert (small.height, zero.height) == (2, 0)


def test_nothing_makes_no_column() -> None:
    assert columns_of([]) == []
    assert [column.height for column in columns_of([("a", 0)])] == [0]
