console.log(ASSETS, STYLE)
