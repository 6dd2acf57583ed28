import typer
app = typer.Typer()
@app.callback()
def main(): pass
def deploy(): pass
def doctor(): pass
